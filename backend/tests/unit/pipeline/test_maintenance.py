"""Housekeeping: nothing waits for ever, nothing deleted stays, nothing needed goes."""

import asyncio
import tempfile
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete as sql_delete
from sqlalchemy import func, select, update

from docuvault.db.models import Document, UploadIntent
from docuvault.db.repositories.deletions import DeletionRepository
from docuvault.db.repositories.stages import StageRepository
from docuvault.db.repositories.uploads import UploadRepository
from docuvault.domain.documents import STAGE_ORDER, DocumentStatus, UploadState
from docuvault.domain.errors import DependencyUnavailable, ErrorCode, NotFound
from docuvault.extraction.workspace import Workspace
from docuvault.object_storage.base import new_object_key
from docuvault.pipeline import maintenance
from docuvault.search.vectors.base import VectorFilter
from tests.unit.pipeline.workshop import Workshop, raising

EXTRACT, CLASSIFY, EMBED = STAGE_ORDER
GONE = DependencyUnavailable(ErrorCode.STORAGE_UNAVAILABLE)


async def finished(shop: Workshop, text: str) -> UUID:
    document_id = await shop.document(text)
    await shop.run(document_id, *STAGE_ORDER)
    shop.queue.sent.clear()
    return document_id


async def delete(shop: Workshop, document_id: UUID) -> None:
    async with shop.database.writing() as session:
        assert await DeletionRepository(session, shop.owner_id).hide(document_id)


async def stored(shop: Workshop) -> set[str]:
    return {found.key async for found in shop.storage.list_objects()}


async def rows(shop: Workshop, table: type) -> int:
    async with shop.database.reading() as session:
        return await session.scalar(select(func.count()).select_from(table)) or 0


# --- sending again --------------------------------------------------------------------------------


async def test_what_waits_too_long_is_sent_again(shop: Workshop) -> None:
    waiting, done = await shop.document("one"), await finished(shop, "two")

    assert await shop.maintenance().sweep() == 0, "its own hint may still arrive"
    assert shop.sent() == []
    assert await shop.maintenance().sweep(grace_seconds=0) == 1
    assert shop.sent() == [(waiting, EXTRACT)]
    await shop.make_due()
    assert await shop.maintenance().sweep() == 1
    assert done not in {document_id for document_id, _ in shop.sent()}


async def test_what_waits_in_a_long_queue_is_not_sent_once_more(shop: Workshop) -> None:
    documents = [await shop.document(f"text {number}") for number in range(30)]

    async def sent_beside(waiting: int) -> list[UUID]:
        shop.queue.sent.clear()
        shop.queue.length = waiting
        assert await shop.maintenance().sweep(grace_seconds=0) == 30
        return [document_id for document_id, _ in shop.sent()]

    assert await sent_beside(waiting=0) == documents
    assert await sent_beside(waiting=12) == documents[:18], "as many as seem to be lost"
    assert await sent_beside(waiting=500) == documents[:10], "a lost hint does not starve"


async def test_the_stage_of_a_dead_worker_is_sent_again(shop: Workshop) -> None:
    document_id = await shop.document()
    async with shop.database.writing() as session:
        assert await StageRepository(session).claim(document_id, EXTRACT, 60)
    await shop.make_due()
    assert await shop.maintenance().sweep() == 0

    await shop.expire_leases()

    assert await shop.maintenance().sweep() == 1
    assert shop.sent() == [(document_id, EXTRACT)]


async def test_sweeping_twice_at_once_does_no_harm(shop: Workshop) -> None:
    documents = [await shop.document(f"text {n}") for n in range(3)]
    gone = await finished(shop, "gone")
    await delete(shop, gone)
    await shop.make_due()

    assert await asyncio.gather(*(shop.maintenance().sweep() for _ in range(3))) == [3, 3, 3]

    assert {document_id for document_id, _ in shop.sent()} == set(documents)
    assert await rows(shop, Document) == 3
    assert await shop.vectors.count() == 0


# --- removing for good ----------------------------------------------------------------------------


async def test_a_deleted_document_leaves_nothing_behind(shop: Workshop) -> None:
    kept, gone = await finished(shop, "kept"), await finished(shop, "gone")
    kept_key = (await shop.look(kept)).object_key
    await delete(shop, gone)
    assert await shop.vectors.count() == 2

    await shop.maintenance().purge(gone)

    assert await shop.vectors.count() == 1
    assert await stored(shop) == {kept_key}
    assert await rows(shop, Document) == 1
    await shop.maintenance().purge(gone)
    assert (await shop.look(kept)).status == DocumentStatus.READY


async def test_a_live_document_is_never_purged(shop: Workshop) -> None:
    document_id = await finished(shop, "alive")

    await shop.maintenance().purge(document_id)
    await shop.maintenance().purge(uuid4())

    document = await shop.look(document_id)
    assert await stored(shop) == {document.object_key}
    assert await shop.vectors.count() == 1


@pytest.mark.parametrize("part", ["storage", "vectors"])
async def test_what_cannot_be_removed_now_is_removed_later(
    shop: Workshop, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    document_id, waiting = await finished(shop, "gone"), await shop.document("waiting")
    await delete(shop, document_id)
    await shop.make_due()

    with monkeypatch.context() as outage:
        trouble = raising(GONE)
        if part == "storage":
            outage.setattr(shop.storage, "delete_object", lambda _key: trouble())
        else:
            outage.setattr(shop.vectors, "delete_document", lambda *_: trouble())
        assert await shop.maintenance().sweep() == 1, "the rest of the sweep goes on"
        assert shop.sent() == [(waiting, EXTRACT)]
        with pytest.raises(DependencyUnavailable):
            await shop.maintenance().purge(document_id)
        assert await rows(shop, Document) == 2, "the row remembers what is still to go"

    await shop.maintenance().sweep()
    assert await rows(shop, Document) == 1
    assert len(await stored(shop)) == 1
    assert await shop.vectors.count() == 0


async def test_files_that_a_dead_process_was_reading_are_removed(
    shop: Workshop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    abandoned = tmp_path / "docuvault-work-of-the-dead"
    abandoned.mkdir()
    (abandoned / "read.pdf").write_bytes(b"somebody's letter")
    held = Workspace()

    await shop.maintenance().sweep()

    assert list(tmp_path.iterdir()) == [held.folder]
    held.close()


async def upload(shop: Workshop, *, hours: float, state: UploadState | None = None) -> str:
    """Bytes with an intent of that age."""
    key = new_object_key(shop.owner_id, uuid4(), ".txt")

    async def chunks() -> AsyncIterator[bytes]:
        yield b"left behind"

    await shop.storage.put_stream(key, chunks(), "text/plain")
    async with shop.database.writing() as session:
        uploads = UploadRepository(session)
        intent_id = await uploads.open(shop.owner_id, uuid4(), key)
        await session.flush()
        if state:
            assert await uploads.close(intent_id, state)
        await session.execute(
            update(UploadIntent)
            .where(UploadIntent.id == intent_id)
            .values(updated_at=datetime.now(UTC) - timedelta(hours=hours))
        )
    return key


async def test_only_old_bytes_that_nobody_uses_are_removed(shop: Workshop) -> None:
    used = await upload(shop, hours=30)
    document_id = await shop.document("a document")
    async with shop.database.writing() as session:
        await session.execute(
            update(Document).where(Document.id == document_id).values(object_key=used)
        )
    own = {key async for key in keys(shop)} - {used}
    old = {await upload(shop, hours=25), await upload(shop, hours=25, state=UploadState.ABANDONED)}
    young = {await upload(shop, hours=23), await upload(shop, hours=1, state=UploadState.ABANDONED)}
    done = {await upload(shop, hours=100, state=UploadState.DONE)}

    await shop.maintenance(intent_hours=24).sweep()

    assert await stored(shop) == own | young | done | {used}
    assert not old & await stored(shop)
    assert await rows(shop, UploadIntent) == 3, "a done one is of no use any more"
    await shop.maintenance(intent_hours=0.5).sweep()
    assert await stored(shop) == own | done | {used}


async def keys(shop: Workshop):  # type: ignore[no-untyped-def]
    async for found in shop.storage.list_objects():
        yield found.key


async def test_an_intent_is_kept_until_its_bytes_are_gone(
    shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = await upload(shop, hours=25)
    with monkeypatch.context() as outage:
        outage.setattr(shop.storage, "delete_object", lambda _key: raising(GONE)())
        await shop.maintenance().sweep()
    assert await rows(shop, UploadIntent) == 1

    await shop.maintenance().sweep()

    assert await rows(shop, UploadIntent) == 0
    with pytest.raises(NotFound):
        await shop.storage.stat(key)


# --- the index ------------------------------------------------------------------------------------


async def found(shop: Workshop, text: str) -> set[UUID]:
    [vector] = await shop.embedder.embed([text])
    hits = await shop.vectors.search(
        VectorFilter(shop.owner_id), dense=vector, sparse=None, limit=1
    )
    return {hit.document_id for hit in hits.dense}


@pytest.mark.parametrize("lost", [1, 3])
async def test_an_index_that_lost_documents_is_filled_again(
    shop: Workshop, monkeypatch: pytest.MonkeyPatch, lost: int
) -> None:
    monkeypatch.setattr(maintenance, "_REOPENED_AT_ONCE", 2)
    texts = ["about wool", "about silk", "about linen"]
    documents = [await finished(shop, text) for text in texts]
    failed = await shop.document("never read")
    shop.extractor.trouble = raising(NotFound(ErrorCode.STORAGE_OBJECT_MISSING))
    await shop.run(failed, EXTRACT)
    for document_id in documents[:lost]:
        await shop.vectors.delete_document(document_id)
    calls = shop.embedder.calls

    assert await shop.maintenance().check_index() == 3
    await shop.maintenance().sweep(grace_seconds=0)
    for task in [*shop.queue.sent]:
        await shop.runner().run(task)  # type: ignore[arg-type]

    assert shop.embedder.calls == calls, "embeddings are kept, nothing is computed again"
    assert await shop.vectors.count() == 3
    for document_id, text in zip(documents, texts, strict=True):
        title = f"A title\n{text}"
        assert document_id in await found(shop, text) | await found(shop, title)
        assert (await shop.look(document_id)).status == DocumentStatus.READY
    assert await shop.maintenance().check_index() == 0


async def test_a_whole_index_is_left_alone(shop: Workshop) -> None:
    document_id = await finished(shop, "about wool")
    before = await shop.look(document_id)

    assert await shop.maintenance().check_index() == 0

    assert (await shop.look(document_id)).updated_at == before.updated_at


async def test_vectors_of_a_document_that_is_gone_are_removed(shop: Workshop) -> None:
    """What a worker leaves that is killed behind its last write."""
    kept, hidden, gone = [await finished(shop, text) for text in ("wool", "silk", "linen")]
    await delete(shop, hidden)
    async with shop.database.writing() as session:
        await session.execute(sql_delete(Document).where(Document.id == gone))
    assert await shop.vectors.count() == 3

    assert await shop.maintenance().check_index() == 0

    stored = await shop.vectors.stored([chunk async for chunk in shop.vectors.chunk_ids()])
    assert {chunk.document_id for chunk in stored.values()} == {kept, hidden}


async def test_an_empty_vault_has_lost_nothing(shop: Workshop) -> None:
    assert await shop.maintenance().check_index() == 0


async def test_an_index_that_is_away_has_lost_nothing(
    shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    document_id = await finished(shop, "about wool")
    monkeypatch.setattr(shop.vectors, "count", lambda: raising(GONE)())

    with pytest.raises(DependencyUnavailable):
        await shop.maintenance().check_index()

    assert (await shop.look(document_id)).status == DocumentStatus.READY


# --- the loop -------------------------------------------------------------------------------------


@pytest.mark.parametrize("error", [GONE, ZeroDivisionError("x")])
async def test_the_loop_goes_on_whatever_happens(
    shop: Workshop, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    maintenance = shop.maintenance()
    monkeypatch.setattr(
        maintenance,
        "_settings",
        maintenance._settings.model_copy(
            update={"sweep_seconds": 0.01, "index_check_seconds": 0.01}
        ),
    )
    calls: dict[str, int] = {"sweep": 0, "check_index": 0}
    enough = asyncio.Event()

    def failing(name: str):  # type: ignore[no-untyped-def]
        async def work(*_: object) -> None:
            calls[name] += 1
            if min(calls.values()) >= 3:
                enough.set()
            raise error

        return work

    for name in calls:
        monkeypatch.setattr(maintenance, name, failing(name))
    loop = asyncio.create_task(maintenance.run())
    async with asyncio.timeout(10):
        await enough.wait()
    assert not loop.done()
    loop.cancel()
    with pytest.raises(asyncio.CancelledError):
        await loop
