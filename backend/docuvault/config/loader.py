"""The only reader of the environment: builds settings, keeps the secret, refuses the unsafe."""

import os
import secrets
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from dotenv import dotenv_values
from pydantic import SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from docuvault.config.settings import Settings
from docuvault.domain.errors import ConfigurationError

# Names that other tools and the compose file use for the same settings.
ALIASES: dict[str, tuple[str, str | None]] = {
    "DATABASE_URL": ("database", "url"),
    "DATABASE_MIGRATE_URL": ("database", "migrate_url"),
    "MINIO_ENDPOINT": ("storage", "minio_endpoint"),
    "MINIO_ACCESS_KEY": ("storage", "minio_access_key"),
    "MINIO_SECRET_KEY": ("storage", "minio_secret_key"),
    "MINIO_BUCKET": ("storage", "minio_bucket"),
    "REDIS_URL": ("redis", "url"),
    "EMBEDDINGS_REDIS_URL": ("redis", "cache_url"),
    "QDRANT_URL": ("qdrant", "url"),
    "QDRANT_API_KEY": ("qdrant", "api_key"),
    "SECRET_KEY": ("secret_key", None),
    "ANTHROPIC_API_KEY": ("ai", "anthropic_api_key"),
    "OPENAI_API_KEY": ("ai", "openai_api_key"),
}

_DEFAULT_SECRETS = frozenset(
    {"", "changeme", "change-me", "secret", "password", "docuvault", "minioadmin", "postgres"}
)
_SECRET_FILE = "secret_key"  # noqa: S105 - a file name
_SECRET_BYTES = 32


class _AliasSource(PydanticBaseSettingsSource):
    """Values under the older names; weaker than the same setting under its own name."""

    def __init__(self, settings_cls: type[BaseSettings], environ: Mapping[str, str]) -> None:
        super().__init__(settings_cls)
        self._environ = environ

    def get_field_value(self, field: Any, field_name: str) -> tuple[Any, str, bool]:
        raise NotImplementedError

    def __call__(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name, (group, field) in ALIASES.items():
            value = self._environ.get(name, "")
            if value and field is None:
                found[group] = value
            elif value:
                found.setdefault(group, {})[field] = value
        return found


class _EnvironmentSettings(Settings):
    """The same tree, filled from the environment and `.env`; an empty value is none."""

    model_config = SettingsConfigDict(env_ignore_empty=True)

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Arguments, then our own names, then the older names."""
        return (init_settings, env_settings, _AliasSource(settings_cls, os.environ))


def load_settings(dotenv: Path | None = Path(".env"), **overrides: Any) -> Settings:
    """Read the environment once and return settings that are safe to run with.

    Raises `ConfigurationError` with the sentence why, never showing a secret.
    """
    if dotenv is not None:
        _read_dotenv(dotenv)
    _refuse_unknown_names(os.environ)
    try:
        read = _EnvironmentSettings(**overrides)
    except ValidationError as error:
        faults = "; ".join(
            f"{'.'.join(str(part) for part in fault['loc'])}: {fault['msg']}"
            for fault in error.errors(include_input=False, include_url=False)
        )
        raise ConfigurationError(f"The settings cannot be used: {faults}.") from None
    except ValueError:
        raise ConfigurationError(
            "The settings cannot be used: a value that must be JSON is not."
        ) from None
    settings = Settings(**{name: getattr(read, name) for name in Settings.model_fields})
    _refuse_contradictions(settings)
    if settings.env == "production":
        _refuse_default_secrets(settings)
    return _with_secret_key(settings)


def _read_dotenv(path: Path) -> None:
    """Values of a `.env` file stand in for variables that are not set."""
    if path.is_file():
        for name, value in dotenv_values(path).items():
            if value and (name.startswith("DOCUVAULT_") or name in ALIASES):
                os.environ.setdefault(name, value)


def _refuse_unknown_names(environ: Mapping[str, str]) -> None:
    """A misspelt setting must not be ignored in silence."""
    known = {name.upper() for name in setting_names()}
    unknown = sorted(
        name
        for name in environ
        if name.upper().startswith("DOCUVAULT_") and name.upper() not in known
    )
    if unknown:
        raise ConfigurationError(f"There is no setting named {', '.join(unknown)}.")


def setting_names() -> list[str]:
    """Every environment name of the settings tree, in its own order."""
    names: list[str] = []
    for name, field in Settings.model_fields.items():
        group = getattr(field.annotation, "model_fields", None)
        if group is None:
            names.append(f"DOCUVAULT_{name.upper()}")
        else:
            names.extend(f"DOCUVAULT_{name.upper()}__{inner.upper()}" for inner in group)
    return names


def _refuse_contradictions(settings: Settings) -> None:
    """Single-process drivers cannot serve several processes."""
    if settings.queue.driver == "celery":
        if settings.redis.url is None:
            raise ConfigurationError("Celery workers need Redis: set REDIS_URL.")
        if settings.redis.allow_fake:
            raise ConfigurationError(
                "Celery workers need a real Redis: take away DOCUVAULT_REDIS__ALLOW_FAKE."
            )
        if settings.database.url is None or _is_sqlite(settings.database_url):
            raise ConfigurationError("Celery workers need PostgreSQL: set DATABASE_URL.")
        if settings.qdrant.url is None:
            raise ConfigurationError("Celery workers need a Qdrant server: set QDRANT_URL.")
        if settings.storage.driver != "minio":
            raise ConfigurationError(
                "Celery workers need shared object storage: set DOCUVAULT_STORAGE__DRIVER=minio."
            )
    if settings.ai.provider != "local" and not settings.ai.model:
        raise ConfigurationError(
            f"The AI provider {settings.ai.provider} needs a model: set DOCUVAULT_AI__MODEL."
        )
    if settings.queue.heartbeat_seconds >= settings.queue.lease_seconds:
        raise ConfigurationError("The heartbeat of the queue must be shorter than its lease.")


def _is_sqlite(url: str) -> bool:
    return url.startswith("sqlite")


def _refuse_default_secrets(settings: Settings) -> None:
    """Production runs on secrets that somebody chose."""
    if settings.secret_key is None or len(settings.secret_key.get_secret_value()) < 32:
        raise ConfigurationError(
            "Production needs its own secret: set DOCUVAULT_SECRET_KEY to 64 random hexadecimal"
            " digits (`make env` writes one)."
        )
    if settings.redis.allow_fake:
        raise ConfigurationError(
            "Production refuses a fake Redis: take away DOCUVAULT_REDIS__ALLOW_FAKE."
        )
    if settings.debug:
        raise ConfigurationError("Production refuses open debug pages: take away DOCUVAULT_DEBUG.")
    held: dict[str, str] = {"DOCUVAULT_SECRET_KEY": settings.secret_key.get_secret_value()}
    if settings.admin_token is not None:
        held["DOCUVAULT_ADMIN_TOKEN"] = settings.admin_token.get_secret_value()
    if settings.health.webhook_secret is not None:
        secret = settings.health.webhook_secret.get_secret_value()
        held["DOCUVAULT_HEALTH__WEBHOOK_SECRET"] = secret
    if settings.storage.driver == "minio":
        held["MINIO_SECRET_KEY"] = settings.storage.minio_secret_key.get_secret_value()
    if settings.qdrant.url is not None:
        key = settings.qdrant.api_key
        held["QDRANT_API_KEY"] = key.get_secret_value() if key else ""
    for name, url in (
        ("DATABASE_URL", settings.database.url),
        ("DATABASE_MIGRATE_URL", settings.database.migrate_url),
        ("REDIS_URL", settings.redis.url),
    ):
        if url is not None and not _is_sqlite(url.get_secret_value()):
            held[name] = _password_of(url.get_secret_value())
    for name, secret in held.items():
        if secret.lower() in _DEFAULT_SECRETS:
            raise ConfigurationError(
                f"Production refuses a default or missing secret in {name}: choose one"
                " (`make env` writes a file with generated secrets)."
            )


def _password_of(url: str) -> str:
    """The password inside an address; empty when it has none."""
    authority = url.partition("://")[2].partition("?")[0].rpartition("@")[0]
    return unquote(authority.partition(":")[2])


def _with_secret_key(settings: Settings) -> Settings:
    """On the first embedded start a secret is made, and kept for all later ones."""
    if settings.secret_key is not None or settings.database.url is not None:
        return settings
    path = settings.data_dir / _SECRET_FILE
    try:
        secret = _kept_secret(path) or _make_secret(path)
    except OSError as error:
        raise ConfigurationError(
            f"The data folder {settings.data_dir} cannot be used: {error.strerror}."
        ) from None
    return settings.model_copy(update={"secret_key": SecretStr(secret)})


def _kept_secret(path: Path) -> str | None:
    """The secret of an earlier start; None when there is none or a power cut left half of it."""
    try:
        secret = path.read_bytes().decode("ascii", "replace").strip()
    except FileNotFoundError:
        return None
    return secret if len(secret) >= 2 * _SECRET_BYTES else None


def _make_secret(path: Path) -> str:
    """Write a new secret so that other starts see all of it or nothing; the first one counts."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, draft = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
    try:
        with open(handle, "w") as file:
            file.write(secrets.token_hex(_SECRET_BYTES))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(draft, path)
        except FileExistsError:
            if _kept_secret(path) is None:
                os.replace(draft, path)
    finally:
        Path(draft).unlink(missing_ok=True)
    return path.read_text().strip()
