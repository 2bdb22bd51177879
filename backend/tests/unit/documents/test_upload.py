"""Taking a file in: what is acknowledged is durable, what is not leaves nothing behind."""

import asyncio
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import func, select, update

from docuvault.config.settings import UploadSettings
from docuvault.db.models import AuditEntry, Document, UploadIntent
from docuvault.db.repositories.deletions import DeletionRepository
from docuvault.db.repositories.documents import DocumentRepository
from docuvault.db.types import clock_after
from docuvault.documents.upload import UploadOutcome, UploadService
from docuvault.domain.documents import STAGE_ORDER, UploadState
from docuvault.domain.errors import (
    DependencyUnavailable,
    DocuVaultError,
    ErrorCode,
    InsufficientStorage,
    InvalidInput,
    NotFound,
    ProcessingFailed,
)
from docuvault.events.base import Event
from tests.unit.pipeline.workshop import Workshop, open_workshop, raising

EXTRACT, CLASSIFY, EMBED = STAGE_ORDER
TEXT = b"A text that is uploaded."


@pytest.fixture(scope="module")
async def built(
    tmp_path_factory: pytest.TempPathFactory, model_dir: Path
) -> AsyncIterator[Workshop]:
    async with open_workshop(tmp_path_factory.mktemp("uploads"), model_dir) as workshop:
        yield workshop


@pytest.fixture
async def shop(built: Workshop) -> Workshop:
    await built.clear()
    return built


async def sent(*chunks: bytes) -> AsyncIterator[bytes]:
    for chunk in chunks:
        yield chunk


async def store(
    shop: Workshop,
    chunks: AsyncIterator[bytes] | None = None,
    name: str = "a.txt",
    auto_classify: Callable[[], bool] = lambda: True,
    **settings: Any,
) -> UploadOutcome:
    service = UploadService(
        shop.database, shop.storage, shop.queue, shop.events, UploadSettings(**settings)
    )
    return await service.store(
        shop.owner_id, name, sent(TEXT) if chunks is None else chunks, auto_classify
    )


async def stored(shop: Workshop) -> set[str]:
    return {found.key async for found in shop.storage.list_objects()}


async def intents(shop: Workshop) -> list[str]:
    async with shop.database.reading() as session:
        return list(await session.scalars(select(UploadIntent.state)))


async def documents(shop: Workshop) -> int:
    async with shop.database.reading() as session:
        return await session.scalar(select(func.count()).select_from(Document)) or 0


async def test_what_is_acknowledged_is_there(shop: Workshop) -> None:
    outcome = await store(shop, sent(TEXT[:5], TEXT[5:]), "Report_1.TXT")

    assert not outcome.duplicate
    document = await shop.look(outcome.document_id)
    assert (document.title, document.original_name) == ("Report 1", "Report_1.TXT")
    assert (document.size_bytes, document.media_type) == (len(TEXT), "text/plain")
    assert await shop.storage.get_object(document.object_key) == TEXT
    assert document.object_key.endswith(".txt")
    assert await intents(shop) == [UploadState.DONE]
    assert shop.sent() == [(document.id, EXTRACT)]
    assert shop.events.told == [Event(shop.owner_id, "document", document.id)]
    async with shop.database.reading() as session:
        entry = (
            await session.scalars(select(AuditEntry).where(AuditEntry.subject_id == document.id))
        ).one()
    assert entry.details == {"sha256": document.sha256, "size_bytes": len(TEXT)}


async def test_the_intent_comes_before_the_bytes_and_the_document_after(shop: Workshop) -> None:
    seen: list[tuple[list[str], int, int]] = []

    async def slowly() -> AsyncIterator[bytes]:
        # More than the head that is looked at before anything is written.
        for _ in range(3):
            yield b"line of text\n" * 2000
            seen.append((await intents(shop), await documents(shop), len(shop.sent())))

    await store(shop, slowly())

    assert seen[-1] == ([UploadState.RECEIVING], 0, 0)


@pytest.mark.parametrize(
    ("chunks", "name", "code"),
    [
        ([], "a.txt", ErrorCode.EMPTY_FILE),
        ([b"", b""], "a.txt", ErrorCode.EMPTY_FILE),
        ([b"<!doctype html><p>no PDF</p>"], "a.pdf", ErrorCode.TYPE_MISMATCH),
    ],
)
async def test_what_is_refused_at_sight_leaves_no_trace(
    shop: Workshop, chunks: list[bytes], name: str, code: ErrorCode
) -> None:
    with pytest.raises(DocuVaultError) as caught:
        await store(shop, sent(*chunks), name)

    assert caught.value.code is code
    assert await intents(shop) == []
    assert await stored(shop) == set()


class Left(Exception):
    """The client went away."""


async def leaving() -> AsyncIterator[bytes]:
    yield TEXT * 2000
    raise Left


def unsure() -> bool:
    raise InvalidInput(ErrorCode.VALIDATION_FAILED)


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"chunks": leaving}, Left),
        ({"chunks": lambda: sent(TEXT * 2000), "max_bytes": 40_000}, DocuVaultError),
        ({"auto_classify": unsure}, InvalidInput),
    ],
)
async def test_what_fails_on_the_way_leaves_no_document(
    shop: Workshop, arguments: dict[str, Any], error: type[Exception]
) -> None:
    if "chunks" in arguments:
        arguments = {**arguments, "chunks": arguments["chunks"]()}

    with pytest.raises(error):
        await store(shop, **arguments)

    assert await documents(shop) == 0
    assert await intents(shop) == [UploadState.ABANDONED]
    assert shop.sent() == []
    await age_intents(shop)
    await shop.maintenance().sweep()
    assert await stored(shop) == set()
    assert await intents(shop) == []


async def age_intents(shop: Workshop) -> None:
    async with shop.database.writing() as session:
        await session.execute(update(UploadIntent).values(updated_at=clock_after(-25 * 3600)))


@pytest.mark.parametrize(
    "error",
    [
        DependencyUnavailable(ErrorCode.STORAGE_UNAVAILABLE),
        InsufficientStorage(ErrorCode.INSUFFICIENT_STORAGE),
    ],
)
async def test_a_storage_that_fails_is_told_as_it_is(
    shop: Workshop, monkeypatch: pytest.MonkeyPatch, error: DocuVaultError
) -> None:
    monkeypatch.setattr(shop.storage, "put_stream", lambda *_: raising(error)())

    with pytest.raises(type(error)):
        await store(shop)

    assert await documents(shop) == 0
    assert await intents(shop) == [UploadState.ABANDONED]


async def test_a_storage_that_keeps_less_than_it_was_given_is_not_believed(
    shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def lossy(_key: str, chunks: AsyncIterator[bytes], _type: str) -> int:
        return sum([len(chunk) async for chunk in chunks]) - 1

    monkeypatch.setattr(shop.storage, "put_stream", lossy)

    with pytest.raises(DependencyUnavailable) as caught:
        await store(shop)

    assert caught.value.code is ErrorCode.STORAGE_UNAVAILABLE
    assert await documents(shop) == 0


async def test_a_stopped_upload_ends_its_intent(shop: Workshop) -> None:
    begun = asyncio.Event()

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield TEXT * 1000
            begun.set()
            await asyncio.sleep(0.01)

    upload = asyncio.create_task(store(shop, endless()))
    await begun.wait()
    while await intents(shop) == []:
        await asyncio.sleep(0.01)
    upload.cancel()
    with pytest.raises(asyncio.CancelledError):
        await upload

    assert await intents(shop) == [UploadState.ABANDONED]
    assert await stored(shop) == set()


@pytest.mark.parametrize("forgotten", [True, False])
async def test_an_upload_that_the_sweeper_gave_up_is_not_acknowledged(
    shop: Workshop, forgotten: bool
) -> None:
    """Its bytes may be gone already, so the client must not believe that they are kept."""

    async def slower_than_allowed() -> AsyncIterator[bytes]:
        yield TEXT * 1000
        await age_intents(shop)
        if forgotten:
            await shop.maintenance().sweep()
            assert await intents(shop) == []
        else:
            async with shop.database.writing() as session:
                await session.execute(update(UploadIntent).values(state=UploadState.ABANDONED))
        yield TEXT

    with pytest.raises(InvalidInput) as caught:
        await store(shop, slower_than_allowed())

    assert caught.value.code is ErrorCode.UPLOAD_TIMEOUT
    assert await documents(shop) == 0
    assert await stored(shop) == set(), "no byte is left without a record"


async def test_the_same_bytes_are_kept_once(shop: Workshop) -> None:
    first = await store(shop, name="one.txt")

    again = await store(shop, name="another.txt")

    assert again == UploadOutcome(first.document_id, duplicate=True)
    document = await shop.look(first.document_id)
    assert document.original_name == "one.txt"
    assert await stored(shop) == {document.object_key}
    assert sorted(await intents(shop)) == [UploadState.ABANDONED, UploadState.DONE]
    assert shop.sent() == [(document.id, EXTRACT)]


async def test_the_same_bytes_at_the_same_time_are_kept_once(shop: Workshop) -> None:
    outcomes = await asyncio.gather(*(store(shop, name=f"{n}.txt") for n in range(10)))

    assert len({outcome.document_id for outcome in outcomes}) == 1
    assert sum(not outcome.duplicate for outcome in outcomes) == 1
    assert await documents(shop) == 1
    assert await stored(shop) == {(await shop.look(outcomes[0].document_id)).object_key}


async def test_bytes_of_a_deleted_document_are_new_again(shop: Workshop) -> None:
    first = await store(shop)
    async with shop.database.writing() as session:
        assert await DeletionRepository(session, shop.owner_id).hide(first.document_id)

    second = await store(shop)
    await shop.maintenance().purge(first.document_id)

    assert not second.duplicate
    assert second.document_id != first.document_id
    document = await shop.look(second.document_id)
    assert await shop.storage.get_object(document.object_key) == TEXT


async def test_the_object_that_a_repair_replaces_is_removed_in_due_time(shop: Workshop) -> None:
    first = await store(shop)
    old = (await shop.look(first.document_id)).object_key
    await shop.storage.delete_object(old)
    await shop.storage.put_stream(old, sent(b"rotten"), "text/plain")

    assert (await store(shop)).duplicate

    new = (await shop.look(first.document_id)).object_key
    assert await stored(shop) == {old, new}
    await age_intents(shop)
    await shop.maintenance().sweep()
    assert await stored(shop) == {new}
    assert await intents(shop) == []


async def lose_object(shop: Workshop, document_id: UUID) -> None:
    await shop.storage.delete_object((await shop.look(document_id)).object_key)


async def test_a_lost_object_is_repaired_by_the_same_bytes(shop: Workshop) -> None:
    first = await store(shop, auto_classify=lambda: False)
    await lose_object(shop, first.document_id)
    await shop.run(first.document_id, EXTRACT)
    assert await shop.states(first.document_id) == ["failed", "skipped", "skipped"]

    again = await store(shop)

    assert again == UploadOutcome(first.document_id, duplicate=True)
    document = await shop.look(first.document_id)
    assert await shop.storage.get_object(document.object_key) == TEXT
    await shop.run(document.id, EXTRACT, CLASSIFY, EMBED)
    assert await shop.states(document.id) == ["done", "skipped", "done"], "still without topics"


async def test_a_repair_of_a_document_that_is_deleted_meanwhile_keeps_no_bytes(
    shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = await store(shop)
    await lose_object(shop, first.document_id)
    stat = shop.storage.stat

    async def be_deleted(key: str) -> Any:
        async with shop.database.writing() as session:
            await DeletionRepository(session, shop.owner_id).hide(first.document_id)
        return await stat(key)

    monkeypatch.setattr(shop.storage, "stat", be_deleted)
    with pytest.raises(NotFound):
        await store(shop)

    monkeypatch.undo()
    await age_intents(shop)
    await shop.maintenance().sweep()
    assert await stored(shop) == set()


async def test_a_file_that_cannot_be_read_is_kept_all_the_same(shop: Workshop) -> None:
    shop.extractor.trouble = raising(ProcessingFailed(ErrorCode.CORRUPT_FILE))
    outcome = await store(shop)
    await shop.run(outcome.document_id, EXTRACT)

    async with shop.database.reading() as session:
        found = await DocumentRepository(session, shop.owner_id).get(outcome.document_id)
    assert found is not None
    assert found.status == "failed"
    assert await shop.storage.get_object(found.object_key) == TEXT
