"""The loader: whose word counts, what is refused and why, and the secret of the first start."""

import os
import stat
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from unittest.mock import patch

import pytest

from docuvault.config.loader import ALIASES, load_settings, setting_names
from docuvault.config.settings import Settings
from docuvault.domain.errors import ConfigurationError, ErrorCode

SECRET = "tr0ub4dor-and-3"
KEY = "0123456789abcdef" * 4
SERVICES = {
    "DOCUVAULT_QUEUE__DRIVER": "celery",
    "DOCUVAULT_STORAGE__DRIVER": "minio",
    "DATABASE_URL": f"postgresql+psycopg://app:{SECRET}@db/docuvault",
    "DATABASE_MIGRATE_URL": f"postgresql+psycopg://migrate:{SECRET}@db/docuvault",
    "REDIS_URL": f"redis://:{SECRET}@cache:6379/0",
    "QDRANT_URL": "http://vectors:6333",
    "QDRANT_API_KEY": SECRET,
    "MINIO_SECRET_KEY": SECRET,
    "SECRET_KEY": KEY,
}


@pytest.fixture(autouse=True)
def environment(tmp_path: Path) -> Iterator[None]:
    """An environment without any setting; what a test or the loader puts there is taken back."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.upper().startswith("DOCUVAULT_") and name not in ALIASES
    }
    with patch.dict(os.environ, kept, clear=True):
        os.environ["DOCUVAULT_DATA_DIR"] = str(tmp_path / "data")
        yield


def load(dotenv: Path | None = None, /, **environ: str) -> Settings:
    os.environ.update(environ)
    return load_settings(dotenv)


def refusal(dotenv: Path | None = None, /, **environ: str) -> str:
    """The sentence with which these settings are refused."""
    with pytest.raises(ConfigurationError) as caught:
        load(dotenv, **environ)
    assert caught.value.code is ErrorCode.CONFIGURATION
    assert SECRET not in str(caught.value)
    assert SECRET not in repr(caught.value)
    assert caught.value.detail.endswith(".")
    return caught.value.detail


# --- whose word counts ----------------------------------------------------------------------------


def test_without_any_setting_the_embedded_default_stands(tmp_path: Path) -> None:
    settings = load()

    assert (settings.env, settings.queue.driver, settings.storage.driver) == (
        "development",
        "local",
        "filesystem",
    )
    assert settings.redis.url is None
    assert settings.qdrant.url is None
    assert settings.database_url.startswith("sqlite+aiosqlite://")
    assert settings.data_dir == tmp_path / "data"


def test_our_own_names_are_read() -> None:
    settings = load(
        DOCUVAULT_SERVER__PORT="1234",
        DOCUVAULT_SERVER__TRUSTED_HOSTS='["example.org", "localhost"]',
        DOCUVAULT_LOG__LEVEL="DEBUG",
        DOCUVAULT_QUEUE__LEASE_SECONDS="31.5",
    )

    assert settings.server.port == 1234
    assert settings.server.trusted_hosts == ["example.org", "localhost"]
    assert settings.log.level == "DEBUG"
    assert settings.queue.lease_seconds == 31.5


@pytest.mark.parametrize("alias", ALIASES)
def test_every_older_name_is_read_and_our_own_is_stronger(alias: str) -> None:
    group, field = ALIASES[alias]
    own = f"DOCUVAULT_{group.upper()}" + (f"__{field.upper()}" if field else "")
    assert own in setting_names()

    def value(settings: Settings) -> object:
        found = getattr(settings, group)
        found = getattr(found, field) if field else found
        return getattr(found, "get_secret_value", lambda: found)()

    first, second = KEY, KEY[::-1]
    assert value(load(**{alias: first})) == first
    assert value(load(**{alias: first, own: second})) == second
    assert value(load(**{alias: first, own: ""})) == first


def test_arguments_are_stronger_than_the_environment() -> None:
    os.environ["DOCUVAULT_ENV"] = "test"

    assert load_settings(None, env="development").env == "development"


def test_two_older_names_of_one_group_are_both_read() -> None:
    settings = load(MINIO_ENDPOINT="s3:9000", MINIO_BUCKET="papers")

    assert (settings.storage.minio_endpoint, settings.storage.minio_bucket) == ("s3:9000", "papers")


def test_an_empty_value_is_none() -> None:
    settings = load(
        DATABASE_URL="", DOCUVAULT_REDIS__URL="", DOCUVAULT_SERVER__PORT="", QDRANT_URL=""
    )

    assert settings.database.url is None
    assert settings.redis.url is None
    assert settings.qdrant.url is None
    assert settings.server.port == 8000


def test_a_dotenv_file_stands_in_for_what_is_not_set(tmp_path: Path) -> None:
    dotenv = tmp_path / ".env"
    dotenv.write_text(
        "# a remark\nDOCUVAULT_SERVER__PORT=1111\nexport DOCUVAULT_SERVER__HOST='0.0.0.0'\n"
        f"QDRANT_API_KEY={SECRET}\nPOSTGRES_PASSWORD=of-another-tool\n"
    )

    settings = load(dotenv, DOCUVAULT_SERVER__PORT="2222")

    assert settings.server.port == 2222
    assert settings.server.host == "0.0.0.0"
    assert settings.qdrant.api_key is not None
    assert settings.qdrant.api_key.get_secret_value() == SECRET
    assert "POSTGRES_PASSWORD" not in os.environ


def test_a_missing_dotenv_file_is_no_fault(tmp_path: Path) -> None:
    assert load(tmp_path / "absent").server.port == 8000


# --- what is refused ------------------------------------------------------------------------------


def test_a_name_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    assert "DOCUVAULT_SERVER__PROT" in refusal(DOCUVAULT_SERVER__PROT="1")
    del os.environ["DOCUVAULT_SERVER__PROT"]
    assert "DOCUVAULT_SERVER" in refusal(DOCUVAULT_SERVER='{"port": 1}')
    del os.environ["DOCUVAULT_SERVER"]
    dotenv = tmp_path / ".env"
    dotenv.write_text(f"DOCUVAULT_SECRET={SECRET}\n")
    assert "DOCUVAULT_SECRET" in refusal(dotenv)


def test_all_names_that_do_not_exist_are_told_at_once() -> None:
    detail = refusal(DOCUVAULT_A="1", DOCUVAULT_B="2")

    assert "DOCUVAULT_A, DOCUVAULT_B" in detail


@pytest.mark.parametrize(
    ("name", "value", "named"),
    [
        ("DOCUVAULT_SERVER__PORT", "many", "server.port"),
        ("DOCUVAULT_SERVER__PORT", "70000", "server.port"),
        ("DOCUVAULT_ENV", "prod", "env"),
        ("DOCUVAULT_QUEUE__DRIVER", "rabbit", "queue.driver"),
        ("DOCUVAULT_UPLOADS__MAX_BYTES", "0", "uploads.max_bytes"),
        ("DOCUVAULT_SERVER__TRUSTED_HOSTS", '"one"', "server.trusted_hosts"),
    ],
)
def test_a_value_that_does_not_fit_is_named_and_not_shown(
    name: str, value: str, named: str
) -> None:
    detail = refusal(**{**SERVICES, name: value})

    assert named in detail
    assert value.strip('"') not in detail or len(value) < 5


def test_several_faults_are_told_at_once() -> None:
    detail = refusal(DOCUVAULT_SERVER__PORT="x", DOCUVAULT_LOG__LEVEL="LOUD")

    assert "server.port" in detail
    assert "log.level" in detail


@pytest.mark.parametrize("value", ["example.org", "[", '["a"', f"['{SECRET}']"])
def test_a_list_that_is_not_json_is_a_sentence(value: str) -> None:
    assert "JSON" in refusal(DOCUVAULT_SERVER__TRUSTED_HOSTS=value)


@pytest.mark.parametrize(
    ("missing", "named"),
    [
        ("REDIS_URL", "REDIS_URL"),
        ("DATABASE_URL", "DATABASE_URL"),
        ("QDRANT_URL", "QDRANT_URL"),
        ("DOCUVAULT_STORAGE__DRIVER", "DOCUVAULT_STORAGE__DRIVER=minio"),
    ],
)
def test_workers_refuse_what_serves_one_process_only(missing: str, named: str) -> None:
    given = {name: value for name, value in SERVICES.items() if name != missing}

    assert named in refusal(**given)


def test_workers_refuse_sqlite(tmp_path: Path) -> None:
    given = {**SERVICES, "DATABASE_URL": f"sqlite+aiosqlite:///{tmp_path}/x.db"}

    assert "PostgreSQL" in refusal(**given)


def test_a_heartbeat_must_be_shorter_than_the_lease() -> None:
    beat = {"DOCUVAULT_QUEUE__HEARTBEAT_SECONDS": "5", "DOCUVAULT_QUEUE__LEASE_SECONDS": "5"}

    assert "heartbeat" in refusal(**beat)
    assert load(**{**beat, "DOCUVAULT_QUEUE__LEASE_SECONDS": "5.5"}).queue.lease_seconds == 5.5


@pytest.mark.parametrize("provider", ["anthropic", "openai", "ollama"])
def test_a_provider_needs_a_model(provider: str) -> None:
    assert "DOCUVAULT_AI__MODEL" in refusal(DOCUVAULT_AI__PROVIDER=provider)
    assert load(DOCUVAULT_AI__MODEL="any").ai.provider == provider


# --- production -----------------------------------------------------------------------------------


def test_production_runs_on_secrets_that_somebody_chose() -> None:
    settings = load(DOCUVAULT_ENV="production", **SERVICES)

    assert settings.env == "production"


def test_embedded_production_needs_its_own_secret_only() -> None:
    assert "DOCUVAULT_SECRET_KEY" in refusal(DOCUVAULT_ENV="production")
    assert load(DOCUVAULT_SECRET_KEY=KEY).env == "production"


def password(name: str, secret: str) -> str:
    return SERVICES[name].replace(SECRET, secret)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SECRET_KEY", ""),
        ("SECRET_KEY", "changeme"),
        ("SECRET_KEY", KEY[:31]),
        ("MINIO_SECRET_KEY", ""),
        ("MINIO_SECRET_KEY", "changeme"),
        ("MINIO_SECRET_KEY", "minioadmin"),
        ("QDRANT_API_KEY", ""),
        ("QDRANT_API_KEY", "Secret"),
        ("DATABASE_URL", password("DATABASE_URL", "changeme")),
        ("DATABASE_URL", password("DATABASE_URL", "change%6de")),
        ("DATABASE_URL", password("DATABASE_URL", "")),
        ("DATABASE_URL", password("DATABASE_URL", "docuvault") + "?application_name=a@b"),
        ("DATABASE_URL", "postgresql+psycopg://app@db/docuvault"),
        ("DATABASE_URL", "postgresql+psycopg://db/docuvault"),
        ("DATABASE_MIGRATE_URL", password("DATABASE_MIGRATE_URL", "postgres")),
        ("REDIS_URL", password("REDIS_URL", "password")),
        ("REDIS_URL", "redis://cache:6379/0"),
        ("DOCUVAULT_HEALTH__WEBHOOK_SECRET", "changeme"),
    ],
)
def test_production_refuses_every_default_or_missing_secret(name: str, value: str) -> None:
    detail = refusal(**{**SERVICES, "DOCUVAULT_ENV": "production", name: value})

    assert name in detail
    assert "make env" in detail


def test_secrets_of_parts_that_are_not_used_do_not_matter() -> None:
    settings = load(DOCUVAULT_ENV="production", SECRET_KEY=KEY, MINIO_SECRET_KEY="changeme")

    assert settings.storage.driver == "filesystem"


def test_a_developer_may_keep_the_defaults() -> None:
    given = {**SERVICES, "MINIO_SECRET_KEY": "", "REDIS_URL": "redis://cache", "SECRET_KEY": ""}

    assert load(**given).env == "development"


# --- the secret of the first start ----------------------------------------------------------------


def secret_of(settings: Settings) -> str:
    assert settings.secret_key is not None
    return settings.secret_key.get_secret_value()


def secret_file() -> Path:
    return Path(os.environ["DOCUVAULT_DATA_DIR"]) / "secret_key"


def test_the_secret_is_made_once_and_kept_for_its_owner_alone() -> None:
    secret = secret_of(load())

    assert len(bytes.fromhex(secret)) == 32
    assert secret_of(load()) == secret
    assert secret_file().read_text() == secret
    assert stat.S_IMODE(secret_file().stat().st_mode) == 0o600
    assert stat.S_IMODE(secret_file().parent.stat().st_mode) == 0o700
    assert [path.name for path in secret_file().parent.iterdir()] == ["secret_key"]


def test_a_given_secret_is_not_kept() -> None:
    assert secret_of(load(SECRET_KEY=KEY)) == KEY
    assert not secret_file().exists()


@pytest.mark.parametrize("left", ["", "\n", KEY[:10], KEY[:63]])
def test_half_a_secret_that_a_crash_left_is_made_anew(left: str) -> None:
    secret_file().parent.mkdir()
    secret_file().write_text(left)

    secret = secret_of(load())

    assert len(bytes.fromhex(secret)) == 32
    assert secret_of(load()) == secret
    assert stat.S_IMODE(secret_file().stat().st_mode) == 0o600


def test_a_secret_with_a_line_end_is_the_same_secret() -> None:
    secret_file().parent.mkdir()
    secret_file().write_text(f"{KEY}\n")

    assert secret_of(load()) == KEY


def test_starts_at_the_same_time_agree_on_one_secret() -> None:
    with ThreadPoolExecutor(16) as pool:
        secrets = set(pool.map(lambda _: secret_of(load_settings(None)), range(32)))

    assert secrets == {secret_file().read_text()}


def test_a_data_folder_that_cannot_be_used_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "a file").write_text("in the way")

    detail = refusal(DOCUVAULT_DATA_DIR=str(tmp_path / "a file" / "data"))

    assert "data folder" in detail
    assert "a file/data" in detail


def test_a_fake_redis_is_for_development_alone() -> None:
    fake = {"DOCUVAULT_REDIS__ALLOW_FAKE": "true"}
    assert load(None, **fake).redis.allow_fake
    assert "ALLOW_FAKE" in refusal(None, **SERVICES, **fake)
    for name in SERVICES:
        del os.environ[name]
    production = {"DOCUVAULT_ENV": "production", "SECRET_KEY": KEY}
    assert "ALLOW_FAKE" in refusal(None, **production, **fake)
