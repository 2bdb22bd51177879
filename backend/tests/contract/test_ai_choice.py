"""The stored choice of a provider and its key: the same on both databases."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import select

from docuvault.ai.addresses import IPAddress
from docuvault.ai.choice import ProviderChoice
from docuvault.ai.factory import ClassifierFactory, create_embedder
from docuvault.ai.guard import OutboundGuard
from docuvault.ai.local_classifier import LocalClassifier
from docuvault.config.settings import AISettings, Settings
from docuvault.db.models import AIChoice, AuditEntry
from docuvault.db.repositories.ai_choice import AIChoiceRepository, StoredAIChoice
from docuvault.db.session import Database
from docuvault.documents.ai_choice import AIChoiceService, AIDraft
from docuvault.domain.errors import ErrorCode, InvalidInput
from tests.contract.databases import open_database, owner_of
from tests.servers.postgres import PostgresServer

CANARY = "canary-key-7f3a9c"
SECRET = SecretStr("0123456789abcdef" * 4)
PUBLIC = "https://models.example.org/v1"
ROW = StoredAIChoice("openai", "m", PUBLIC, "", 8000, b"sealed")


@pytest.fixture(params=["sqlite", "postgresql"])
async def database(
    request: pytest.FixtureRequest, tmp_path: Path, postgres: PostgresServer
) -> AsyncIterator[Database]:
    async with open_database(request.param, tmp_path, postgres) as opened:
        yield opened


async def all_public(host: str, port: int) -> Sequence[IPAddress]:
    return [ip_address("93.184.215.14")]


async def service_over(
    database: Database, *, secret: SecretStr | None = SECRET, **ai: Any
) -> AIChoiceService:
    settings = Settings(secret_key=secret, ai=AISettings(**ai))
    local = LocalClassifier(create_embedder(settings), settings.ai)
    guard = OutboundGuard(settings.ai.allowed_hosts, all_public)
    factory = ClassifierFactory(settings.ai, local, guard)
    return AIChoiceService(database, await owner_of(database), settings, guard, factory)


def draft(url: str = PUBLIC, *, key: str | None = None, **more: Any) -> AIDraft:
    values: dict[str, Any] = {"provider": "openai", "model": "m", **more}
    return AIDraft(base_url=url, api_key=SecretStr(key) if key else None, **values)


def key_of(choice: ProviderChoice) -> str | None:
    return None if choice.api_key is None else choice.api_key.get_secret_value()


async def audit(database: Database) -> list[tuple[str, dict[str, Any]]]:
    async with database.reading() as session:
        rows = await session.execute(
            select(AuditEntry.action, AuditEntry.details).order_by(AuditEntry.id)
        )
        return [(action, details) for action, details in rows]


# the row


async def test_every_change_has_a_stamp_of_its_own(database: Database) -> None:
    stamps: list[object] = []
    for change in ("put", "put", "remove", "put"):
        async with database.writing() as session:
            choices = AIChoiceRepository(session)
            await (choices.put(ROW) if change == "put" else choices.remove())
        async with database.reading() as session:
            stamps.append(await AIChoiceRepository(session).stamp())
    assert stamps[2] is None
    assert len(set(stamps)) == 4
    async with database.reading() as session:
        assert await AIChoiceRepository(session).get() == ROW
    async with database.writing() as session:
        assert await AIChoiceRepository(session).remove()
        assert not await AIChoiceRepository(session).remove()


# what is in force


async def test_the_environment_is_in_force_until_something_is_stored(database: Database) -> None:
    service = await service_over(database, provider="ollama", model="llama")
    before = await service.in_force()
    assert (before.provider, before.model, before.is_stored) == ("ollama", "llama", False)
    written = await service.write(
        draft(key=CANARY, system_prompt="You sort.", max_characters=99_000)
    )
    assert await service.in_force() == written
    assert written.is_stored
    assert (written.system_prompt, written.max_characters) == ("You sort.", 99_000)
    assert await service.reset() == before == await service.in_force()
    await service.reset()
    assert [action for action, _ in await audit(database)] == ["ai.changed", "ai.reset"]


async def test_local_may_stand_above_a_provider_and_keeps_no_key(database: Database) -> None:
    service = await service_over(database, provider="ollama", model="llama")
    await service.write(draft(key=CANARY))
    local = await service.write(draft(provider="local", key=CANARY))
    assert not local.text_leaves_the_vault
    assert (local.model, local.base_url, key_of(local)) == ("", "", None)
    assert key_of(await service.write(draft())) is None, "the key is gone for good"


async def test_two_writers_at_a_time_leave_one_row(database: Database) -> None:
    service = await service_over(database)
    await asyncio.gather(
        *(service.write(draft(key=f"key-{n}", model=f"model-{n}")) for n in range(8))
    )
    choice = await service.in_force()
    assert key_of(choice) == choice.model.replace("model", "key")
    async with database.reading() as session:
        assert len((await session.scalars(select(AIChoice.version))).all()) == 1


async def test_an_address_left_out_is_the_providers_usual_one(database: Database) -> None:
    service = await service_over(database, openai_base_url="http://127.0.0.1:1234/v1")
    assert (await service.write(draft(""))).base_url == "http://127.0.0.1:1234/v1"
    anthropic = await service.write(draft("", provider="anthropic", key=CANARY))
    assert anthropic.base_url == "https://api.anthropic.com"


@pytest.mark.parametrize("url", ["http://127.0.0.1:1234/v2", "http://10.0.0.1", "file:///x"])
async def test_addresses_inside_are_not_stored(database: Database, url: str) -> None:
    service = await service_over(database, openai_base_url="http://127.0.0.1:1234/v1")
    for act in (service.write, service.try_out):
        with pytest.raises(InvalidInput) as caught:
            await act(draft(url, key=CANARY))
        assert caught.value.code is ErrorCode.URL_NOT_ALLOWED
    assert not (await service.in_force()).is_stored


@pytest.mark.parametrize(
    ("lacking", "field"),
    [
        (draft(model=""), "body.model"),
        (draft("", provider="anthropic"), "body.api_key"),
        (draft("https://api.openai.com/v1"), "body.api_key"),
    ],
)
async def test_what_is_missing_is_said_at_once(
    database: Database, lacking: AIDraft, field: str
) -> None:
    service = await service_over(database)
    with pytest.raises(InvalidInput) as caught:
        await service.write(lacking)
    assert caught.value.code is ErrorCode.VALIDATION_FAILED
    assert [error.field for error in caught.value.errors] == [field]
    assert not (await service.in_force()).is_stored
    assert await audit(database) == []


# keys


async def test_a_key_stays_while_its_host_does(database: Database) -> None:
    service = await service_over(database)
    await service.write(draft(key=CANARY))
    same = await service.write(draft("https://models.example.org:443/v2/", model="other"))
    assert (key_of(same), same.key_source) == (CANARY, "stored")
    assert key_of(await service.write(draft(keep_key=False))) is None
    assert [details["key"] for _, details in await audit(database)] == ["new", "kept", "cleared"]


@pytest.mark.parametrize(
    "other",
    [
        draft("https://elsewhere.example.org/v1"),
        draft("https://models.example.org:8443/v1"),
        draft("http://models.example.org:443/v1"),
        draft("https://models.example.org.evil.example/v1"),
        draft(provider="ollama"),
    ],
)
async def test_another_host_or_provider_clears_the_key(database: Database, other: AIDraft) -> None:
    service = await service_over(database)
    await service.write(draft(key=CANARY))
    changed = await service.write(other)
    assert (key_of(changed), changed.key_source) == (None, "none")
    assert key_of(await service.write(draft())) is None, "coming back does not bring it back"
    details = (await audit(database))[1][1]
    assert (details["key"], details["host"]) == ("cleared", changed.host)


async def test_a_new_key_may_come_with_a_new_host(database: Database) -> None:
    service = await service_over(database)
    await service.write(draft(key="first"))
    changed = await service.write(draft("https://elsewhere.example.org", key="second"))
    assert key_of(changed) == "second"


async def test_the_environments_key_is_for_its_own_host_only(database: Database) -> None:
    service = await service_over(
        database,
        openai_api_key=SecretStr("of-openai"),
        anthropic_api_key=SecretStr("of-anthropic"),
    )
    own = await service.write(draft("https://api.openai.com/v1"))
    assert (key_of(own), own.key_source) == ("of-openai", "environment")
    assert key_of(await service.write(draft())) is None
    assert key_of(await service.write(draft("", provider="anthropic"))) == "of-anthropic"
    with pytest.raises(InvalidInput):
        await service.write(draft(provider="anthropic"))


async def test_a_key_under_another_secret_is_missing_and_says_so(database: Database) -> None:
    await (await service_over(database)).write(draft(key=CANARY))
    for secret in (SecretStr("f" * 64), None):
        service = await service_over(database, secret=secret)
        choice = await service.in_force()
        assert (key_of(choice), choice.key_source) == (None, "unreadable")
        assert choice.problem is not None
        assert "can no longer be read" in choice.problem
        trial = await service.try_out()
        assert (trial.ok, trial.sentence) == (False, choice.problem)


async def test_a_sealed_key_cannot_be_moved_to_another_host(database: Database) -> None:
    service = await service_over(database)
    await service.write(draft(key=CANARY))
    async with database.writing() as session:
        row = await AIChoiceRepository(session).get()
        assert row is not None
        await AIChoiceRepository(session).put(
            StoredAIChoice("openai", "m", "https://evil.example", "", 8000, row.sealed_key)
        )
    moved = await service.in_force()
    assert (key_of(moved), moved.key_source) == (None, "unreadable")


async def test_without_a_secret_no_key_is_kept(database: Database) -> None:
    service = await service_over(database, secret=None)
    with pytest.raises(InvalidInput) as caught:
        await service.write(draft(key=CANARY))
    assert caught.value.code is ErrorCode.INVALID_ENTRY
    assert (await service.write(draft())).is_stored


async def test_no_row_holds_a_key_in_plain(database: Database) -> None:
    service = await service_over(database)
    await service.write(draft(key=CANARY))
    async with database.reading() as session:
        row = (await session.execute(select(AIChoice))).scalar_one()
        stored = [str(value) for value in vars(row).values()] + [repr(row.sealed_key)]
    assert CANARY not in repr(stored) + repr(await audit(database))
    assert row.sealed_key is not None
    assert CANARY.encode() not in row.sealed_key
