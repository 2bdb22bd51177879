"""Every damage that the doctor knows, planted for a while, with the codes that it is to report."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

import numpy as np
from sqlalchemy import select

from docuvault.db.models import Chunk, Document, Page, StageRecord, UploadIntent, User
from docuvault.db.types import clock_after
from docuvault.domain.documents import Stage, UploadState, chunk_id
from docuvault.search.vectors.base import SparseVector, VectorIndex, VectorPoint
from tests.integrity.vaults import FILES, LONG_AGO, Patient

Damage = Callable[[Patient], AbstractAsyncContextManager[None]]

DAMAGES: dict[str, tuple[Damage, list[str]]] = {}


def reported_as(*codes: str) -> Callable[[Damage], Damage]:
    """Enter the damage with all that it is to be reported as."""

    def entered(damage: Damage) -> Damage:
        DAMAGES[damage.__name__] = (damage, sorted(codes))
        return damage

    return entered


# --- originals and objects --------------------------------------------------------------------


@reported_as("original_missing")
@asynccontextmanager
async def object_deleted(vault: Patient) -> AsyncIterator[None]:
    document = await vault.document("letter.pdf")
    async with vault.stored(document.object_key, None):
        yield


@reported_as("original_changed")
@asynccontextmanager
async def bit_flipped(vault: Patient) -> AsyncIterator[None]:
    document = await vault.document("letter.pdf")
    rotten = bytearray(FILES["letter.pdf"])
    rotten[100] ^= 1
    async with vault.stored(document.object_key, bytes(rotten)):
        yield


@reported_as("original_unreadable")
@asynccontextmanager
async def object_that_cannot_be_opened(vault: Patient) -> AsyncIterator[None]:
    document = await vault.document("letter.pdf")
    with vault.unreadable(document.object_key, FILES["letter.pdf"]):
        yield


@reported_as("original_unreadable", "object_orphaned")
@asynccontextmanager
async def object_key_malformed(vault: Patient) -> AsyncIterator[None]:
    document = await vault.document("letter.pdf")
    key = f"{vault.built.owner_id}/../letter.pdf"
    async with vault.changed(Document, Document.id == document.id, object_key=key):
        yield


@reported_as("original_size")
@asynccontextmanager
async def object_truncated(vault: Patient) -> AsyncIterator[None]:
    document = await vault.document("broken.pdf")
    async with vault.stored(document.object_key, FILES["broken.pdf"][:-1]):
        yield


@reported_as("original_changed", "guard_missing")
@asynccontextmanager
async def sha_tampered(vault: Patient) -> AsyncIterator[None]:
    document = await vault.document("notes.txt")
    async with (
        vault.without_trigger("documents_original_kept"),
        vault.changed(Document, Document.id == document.id, sha256="0" * 64),
    ):
        yield


@reported_as("object_orphaned")
@asynccontextmanager
async def object_orphaned(vault: Patient) -> AsyncIterator[None]:
    async with vault.stored(f"{vault.built.owner_id}/{uuid4()}/{uuid4()}.txt", b"whose?"):
        yield


@reported_as("object_orphaned")
@asynccontextmanager
async def object_of_an_upload_that_ended_as_another_document(vault: Patient) -> AsyncIterator[None]:
    key = f"{vault.built.owner_id}/{uuid4()}/{uuid4()}.txt"
    async with (
        vault.added(
            UploadIntent,
            owner_id=vault.built.owner_id,
            document_id=uuid4(),
            object_key=key,
            state=UploadState.DONE,
        ),
        vault.stored(key, b"whose?"),
    ):
        yield


@reported_as("leftover_overdue")
@asynccontextmanager
async def upload_never_cleared_away(vault: Patient) -> AsyncIterator[None]:
    intent = UploadIntent.state == UploadState.RECEIVING
    async with vault.changed(UploadIntent, intent, updated_at=clock_after(25 * LONG_AGO)):
        yield


# --- documents --------------------------------------------------------------------------------


@reported_as("document_malformed")
@asynccontextmanager
async def sorted_by_another_title(vault: Patient) -> AsyncIterator[None]:
    document = await vault.document("letter.pdf")
    async with vault.changed(Document, Document.id == document.id, title_folded="zzz"):
        yield


@reported_as("document_malformed")
@asynccontextmanager
async def found_by_another_file_name(vault: Patient) -> AsyncIterator[None]:
    document = await vault.document("letter.pdf")
    async with vault.changed(Document, Document.id == document.id, name_folded="zzz"):
        yield


@reported_as("count_differs")
@asynccontextmanager
async def documents_miscounted(vault: Patient) -> AsyncIterator[None]:
    async with vault.changed(User, User.id == vault.built.owner_id, document_count=5):
        yield


@reported_as("document_malformed", "status_disagrees", "states_differ")
@asynccontextmanager
async def status_that_does_not_exist(vault: Patient) -> AsyncIterator[None]:
    document = await vault.document("broken.pdf")
    async with vault.changed(Document, Document.id == document.id, status="lost"):
        yield


@reported_as("owner_missing", "document_malformed", "count_differs")
@asynccontextmanager
async def owner_missing(vault: Patient) -> AsyncIterator[None]:
    document = await vault.document("broken.pdf")
    statement = "UPDATE documents SET owner_id = %s WHERE sha256 = %s"
    await vault.without_foreign_keys(statement, uuid4().hex, document.sha256)
    try:
        yield
    finally:
        await vault.without_foreign_keys(statement, vault.built.owner_id.hex, document.sha256)


# --- work -------------------------------------------------------------------------------------


def stage(vault: Patient, name: str, which: Stage) -> tuple[object, ...]:
    return (StageRecord.document_id == vault.built.documents[name], StageRecord.stage == which)


@reported_as("lease_expired")
@asynccontextmanager
async def lease_stuck(vault: Patient) -> AsyncIterator[None]:
    running = stage(vault, "running.txt", Stage.EXTRACT)
    async with vault.changed(StageRecord, *running, lease_until=clock_after(LONG_AGO)):
        yield


@reported_as("lease_missing")
@asynccontextmanager
async def running_without_a_lease(vault: Patient) -> AsyncIterator[None]:
    running = stage(vault, "running.txt", Stage.EXTRACT)
    async with vault.changed(StageRecord, *running, lease_until=None):
        yield


@reported_as("stage_never_due")
@asynccontextmanager
async def pending_and_never_due(vault: Patient) -> AsyncIterator[None]:
    waiting = stage(vault, "waiting.txt", Stage.EXTRACT)
    async with vault.changed(StageRecord, *waiting, next_run_at=None):
        yield


@reported_as("stage_overdue", "lease_expired")
@asynccontextmanager
async def nobody_works(vault: Patient) -> AsyncIterator[None]:
    waiting = stage(vault, "waiting.txt", Stage.EXTRACT)
    async with (
        lease_stuck(vault),
        vault.changed(StageRecord, *waiting, next_run_at=clock_after(LONG_AGO)),
    ):
        yield


@reported_as("stage_missing")
@asynccontextmanager
async def stage_row_missing(vault: Patient) -> AsyncIterator[None]:
    async with vault.removed(StageRecord, *stage(vault, "letter.pdf", Stage.CLASSIFY)):
        yield


@reported_as("stage_unknown")
@asynccontextmanager
async def state_that_does_not_exist(vault: Patient) -> AsyncIterator[None]:
    classified = stage(vault, "letter.pdf", Stage.CLASSIFY)
    async with vault.changed(StageRecord, *classified, state="lost"):
        yield


@reported_as("reason_missing")
@asynccontextmanager
async def failed_without_a_reason(vault: Patient) -> AsyncIterator[None]:
    failed = stage(vault, "broken.pdf", Stage.EXTRACT)
    async with vault.changed(StageRecord, *failed, error_code=None):
        yield


@reported_as("reason_missing")
@asynccontextmanager
async def skipped_without_a_reason(vault: Patient) -> AsyncIterator[None]:
    skipped = stage(vault, "broken.pdf", Stage.CLASSIFY)
    async with vault.changed(StageRecord, *skipped, error_code=None):
        yield


@reported_as("status_disagrees")
@asynccontextmanager
async def status_disagreeing(vault: Patient) -> AsyncIterator[None]:
    document = await vault.document("broken.pdf")
    async with vault.changed(Document, Document.id == document.id, status="ready"):
        yield


@reported_as("deletion_overdue", "lease_expired")
@asynccontextmanager
async def deletion_forgotten(vault: Patient) -> AsyncIterator[None]:
    deleted = Document.id == vault.built.documents["deleted.txt"]
    async with (
        lease_stuck(vault),
        vault.changed(Document, deleted, deleted_at=clock_after(LONG_AGO)),
    ):
        yield


# --- what was made of documents ---------------------------------------------------------------


async def index_again(vault: Patient, name: str) -> None:
    async with vault.inspection.database.writing() as session:
        await vault.inspection.fulltext.index_document(session, vault.built.documents[name])


async def pages_of(vault: Patient, name: str) -> list[Page]:
    async with vault.inspection.database.reading() as session:
        found = await session.scalars(
            select(Page)
            .where(Page.document_id == vault.built.documents[name])
            .order_by(Page.number)
        )
        return list(found)


async def chunks_of(vault: Patient, name: str) -> list[Chunk]:
    async with vault.inspection.database.reading() as session:
        found = await session.scalars(
            select(Chunk)
            .where(Chunk.document_id == vault.built.documents[name])
            .order_by(Chunk.ordinal)
        )
        return list(found)


@reported_as("pages_differ")
@asynccontextmanager
async def page_row_missing(vault: Patient) -> AsyncIterator[None]:
    page = (await pages_of(vault, "letter.pdf"))[-1]
    async with vault.removed(Page, Page.id == page.id):
        yield
    await index_again(vault, "letter.pdf")


@reported_as("characters_differ")
@asynccontextmanager
async def page_text_cut_off(vault: Patient) -> AsyncIterator[None]:
    page = (await pages_of(vault, "letter.pdf"))[0]
    async with vault.changed(Page, Page.id == page.id, text=page.text[:-1]):
        yield


@reported_as("fulltext_missing")
@asynccontextmanager
async def fulltext_row_missing(vault: Patient) -> AsyncIterator[None]:
    page = (await pages_of(vault, "letter.pdf"))[0]
    key = "rowid" if vault.inspection.database.dialect == "sqlite" else "page_id"
    await vault.execute(f"DELETE FROM page_search WHERE {key} = :id", id=page.id)
    yield
    await index_again(vault, "letter.pdf")


@reported_as("fulltext_foreign")
@asynccontextmanager
async def fulltext_row_of_no_page(vault: Patient) -> AsyncIterator[None]:
    key = "rowid" if vault.inspection.database.dialect == "sqlite" else "page_id"
    await vault.without_foreign_keys(f"INSERT INTO page_search ({key}, terms) VALUES (99999, '')")
    yield
    await vault.execute(f"DELETE FROM page_search WHERE {key} = 99999")


@reported_as("chunks_differ", "chunk_outdated")
@asynccontextmanager
async def chunk_of_an_older_reading(vault: Patient) -> AsyncIterator[None]:
    last = (await chunks_of(vault, "letter.pdf"))[-1]
    ordinal = last.ordinal + 1
    async with vault.added(
        Chunk,
        id=chunk_id(last.document_id, 0, ordinal),
        document_id=last.document_id,
        ordinal=ordinal,
        page=last.page,
        start=0,
        end=4,
    ):
        yield


@reported_as("chunks_differ", "vector_outdated")
@asynccontextmanager
async def chunk_row_missing(vault: Patient) -> AsyncIterator[None]:
    last = (await chunks_of(vault, "notes.txt"))[-1]
    async with vault.removed(Chunk, Chunk.id == last.id):
        yield


@reported_as("chunks_differ")
@asynccontextmanager
async def fewer_chunks_indexed_than_there_are(vault: Patient) -> AsyncIterator[None]:
    indexed = stage(vault, "notes.txt", Stage.EMBED)
    async with vault.changed(StageRecord, *indexed, result={"chunks": 1}):
        yield


# --- vectors ----------------------------------------------------------------------------------


def index_of(vault: Patient) -> VectorIndex:
    assert vault.inspection.vectors is not None
    return vault.inspection.vectors


def point(chunk: UUID, document_id: UUID, owner_id: UUID) -> VectorPoint:
    dense = np.zeros(384, dtype=np.float32)
    dense[0] = 1
    return VectorPoint(
        id=chunk,
        owner_id=owner_id,
        document_id=document_id,
        page=1,
        media_type="text/plain",
        topic_ids=(),
        created_at=datetime.now(UTC),
        dense=dense,
        sparse=SparseVector((1,), (1.0,)),
    )


@asynccontextmanager
async def vector_added(vault: Patient, document_id: UUID) -> AsyncIterator[None]:
    index = index_of(vault)
    known = [chunk async for chunk in index.chunk_ids()]
    await index.upsert([point(uuid4(), document_id, vault.built.owner_id)])
    yield
    await index.delete_document(document_id, keep=known)


@reported_as("vector_foreign")
@asynccontextmanager
async def vector_of_an_unknown_document(vault: Patient) -> AsyncIterator[None]:
    async with vector_added(vault, uuid4()):
        yield


@reported_as("vector_outdated")
@asynccontextmanager
async def vector_of_an_older_reading(vault: Patient) -> AsyncIterator[None]:
    async with vector_added(vault, vault.built.documents["letter.pdf"]):
        yield


@reported_as("vector_missing")
@asynccontextmanager
async def vector_missing(vault: Patient) -> AsyncIterator[None]:
    index = index_of(vault)
    chunks = await chunks_of(vault, "notes.txt")
    last = chunks[-1]
    await index.delete_document(last.document_id, keep=[chunk.id for chunk in chunks[:-1]])
    yield
    await index.upsert([point(last.id, last.document_id, vault.built.owner_id)])


@reported_as("vector_missing")
@asynccontextmanager
async def vector_of_words_alone(vault: Patient) -> AsyncIterator[None]:
    last = (await chunks_of(vault, "notes.txt"))[-1]
    whole = point(last.id, last.document_id, vault.built.owner_id)
    await index_of(vault).upsert([replace(whole, dense=None)])
    yield
    await index_of(vault).upsert([whole])


@reported_as("vector_wrong_owner")
@asynccontextmanager
async def vector_that_another_owner_would_find(vault: Patient) -> AsyncIterator[None]:
    last = (await chunks_of(vault, "notes.txt"))[-1]
    await index_of(vault).upsert([point(last.id, last.document_id, uuid4())])
    yield
    await index_of(vault).upsert([point(last.id, last.document_id, vault.built.owner_id)])
