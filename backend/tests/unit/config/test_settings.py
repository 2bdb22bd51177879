"""The settings tree: frozen, documented, and silent about secrets."""

import json
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError
from pydantic_settings import BaseSettings
from sqlalchemy import text

from docuvault.config.group import Group
from docuvault.config.settings import (
    AISettings,
    DatabaseSettings,
    QdrantSettings,
    RedisSettings,
    Settings,
    StorageSettings,
)
from docuvault.db.session import create_engine

SECRET = "tr0ub4dor-and-3"


def groups() -> list[type[Group]]:
    found = [field.annotation for field in Settings.model_fields.values()]
    return [kind for kind in found if isinstance(kind, type) and issubclass(kind, Group)]


def full_of_secrets() -> Settings:
    secret = SecretStr(SECRET)
    address = SecretStr(f"postgresql+psycopg://app:{SECRET}@db/docuvault")
    return Settings(
        secret_key=secret,
        database=DatabaseSettings(url=address, migrate_url=address),
        storage=StorageSettings(minio_secret_key=secret),
        redis=RedisSettings(url=SecretStr(f"redis://:{SECRET}@cache")),
        qdrant=QdrantSettings(api_key=secret),
        ai=AISettings(anthropic_api_key=secret, openai_api_key=secret),
    )


def test_the_settings_of_a_process_do_not_read_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DOCUVAULT_SERVER__PORT", "1234")
    monkeypatch.setenv("DOCUVAULT_ENV", "production")

    settings = Settings()

    assert (settings.server.port, settings.env) == (8000, "development")


@pytest.mark.parametrize("kind", [Settings, *groups()])
def test_every_setting_says_what_it_is_for(kind: type[Group] | type[BaseSettings]) -> None:
    for name, field in kind.model_fields.items():
        if field.annotation not in groups():
            assert field.description, name
            assert field.description.endswith((".", ";")), name


def test_settings_cannot_be_changed() -> None:
    settings = Settings()

    with pytest.raises(ValidationError, match="frozen"):
        settings.env = "production"  # type: ignore[misc]
    with pytest.raises(ValidationError, match="frozen"):
        settings.server.port = 1  # type: ignore[misc]


@pytest.mark.parametrize("kind", groups())
def test_a_group_refuses_names_that_it_does_not_know(kind: type[Group]) -> None:
    with pytest.raises(ValidationError, match="extra"):
        kind.model_validate({"misspelt": 1})


def test_no_secret_is_shown() -> None:
    settings = full_of_secrets()

    shown = (repr(settings), str(settings), settings.model_dump_json(), repr(settings.model_dump()))

    for form in shown:
        assert SECRET not in form
    assert json.loads(settings.model_dump_json())["secret_key"] == "**********"
    assert SECRET in settings.database_url


@pytest.mark.parametrize(
    "name", ["plain", "with space", "percent%41", "plus+", "ü-é", "q?a#b", "a:@b"]
)
async def test_the_embedded_database_lies_in_the_data_folder(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    settings = Settings(data_dir=folder)

    engine = create_engine(settings.database_url, settings.database)
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE here (id INTEGER)"))
    await engine.dispose()

    assert (folder / "docuvault.db").is_file()
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_the_data_folder_may_be_relative(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)

    assert f"{tmp_path}/data/docuvault.db" in Settings(data_dir=Path("data")).database_url


def test_migrations_have_an_address_of_their_own() -> None:
    one = SecretStr("postgresql+psycopg://app@db/x")
    other = SecretStr("postgresql+psycopg://migrate@db/x")

    assert Settings(database=DatabaseSettings(url=one)).database_migrate_url == (
        one.get_secret_value()
    )
    both = Settings(database=DatabaseSettings(url=one, migrate_url=other))
    assert both.database_url == one.get_secret_value()
    assert both.database_migrate_url == other.get_secret_value()


def test_only_a_product_without_single_process_drivers_leaves_the_data_folder_alone() -> None:
    services = Settings.model_validate(
        {
            "database": {"url": "postgresql+psycopg://a:b@c/d"},
            "storage": {"driver": "minio"},
            "qdrant": {"url": "http://q"},
            "queue": {"driver": "celery"},
        }
    )
    assert not services.uses_data_dir

    alone: dict[str, dict[str, str]] = {"database": {}, "storage": {}, "qdrant": {}, "queue": {}}
    for group, values in alone.items():
        given = {name: getattr(services, name) for name in Settings.model_fields}
        given[group] = values
        assert Settings.model_validate(given).uses_data_dir, group
