"""Queries of the doctor: rows as they are, page by page, of all owners; nothing is written."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from sqlalchemy import Select, and_, exists, func, select, text
from sqlalchemy.orm import aliased

from docuvault.db.models import (
    AuditEntry,
    Chunk,
    Document,
    Page,
    StageRecord,
    Topic,
    UploadIntent,
    User,
)
from docuvault.db.session import AsyncSession
from docuvault.db.types import clock_after
from docuvault.domain.documents import Stage, StageState, UploadState


@dataclass(frozen=True, slots=True)
class Original:
    """What a live document's row says of its bytes."""

    document_id: UUID
    object_key: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class DocumentRow:
    """A live document as its row has it, and whether its owner exists."""

    id: UUID
    owner_id: UUID
    has_owner: bool
    status: str
    title: str
    title_folded: str
    original_name: str
    name_folded: str
    media_type: str
    size_bytes: int
    sha256: str
    object_key: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What the stages noted of a read document, and what the rows hold, seen at one moment."""

    document_id: UUID
    extracted: dict[str, Any]
    embed_state: str | None
    embedded: dict[str, Any]
    character_count: int | None
    pages: int
    characters: int
    chunks: int


@dataclass(frozen=True, slots=True)
class ChunkRow:
    """A chunk with the stages of its document; states are None where the stage has no row."""

    id: UUID
    document_id: UUID
    owner_id: UUID
    ordinal: int
    generation: int | None
    extract_state: str | None
    embed_state: str | None


@dataclass(frozen=True, slots=True)
class VectorOwner:
    """A document that vectors may belong to; `deleted` ones wait to be removed."""

    owner_id: UUID
    deleted: bool
    embed_state: str | None


class IntegrityRepository:
    """Reads of all owners' rows; pages go by key, so that nothing is held in memory."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def file_fault(self) -> str | None:
        """The first thing that SQLite finds wrong with its own file, in its words."""
        # Not all faults: SQLite fails when it reads on behind some of them.
        said: str = (await self._session.scalars(text("PRAGMA quick_check(1)"))).one()
        return None if said == "ok" else " ".join(said.split())

    async def owner_ids(self, after: UUID | None, limit: int) -> list[UUID]:
        """Owners in the order of their ids, behind `after`."""
        return await self._page(select(User.id), User.id, after, limit)

    async def document_ids(self, after: UUID | None, limit: int) -> list[UUID]:
        """Live documents in the order of their ids, behind `after`."""
        statement = select(Document.id).where(Document.deleted_at.is_(None))
        return await self._page(statement, Document.id, after, limit)

    async def deleted_ids(self, after: UUID | None, limit: int) -> list[UUID]:
        """Deleted documents that still have a row, in the order of their ids, behind `after`."""
        statement = select(Document.id).where(Document.deleted_at.is_not(None))
        return await self._page(statement, Document.id, after, limit)

    async def topic_ids(self, after: UUID | None, limit: int) -> list[UUID]:
        """Topics in the order of their ids, behind `after`."""
        return await self._page(select(Topic.id), Topic.id, after, limit)

    async def topic_names(self, topic_ids: Collection[UUID]) -> dict[UUID, tuple[str, str]]:
        """Those of the topics that exist, each with its name and what that is folded to."""
        rows = await self._session.execute(
            select(Topic.id, Topic.name, Topic.name_folded).where(Topic.id.in_(topic_ids))
        )
        return {row.id: (row.name, row.name_folded) for row in rows}

    async def chunk_ids(self, after: UUID | None, limit: int) -> list[UUID]:
        """Chunks in the order of their ids, behind `after`."""
        return await self._page(select(Chunk.id), Chunk.id, after, limit)

    async def page_ids(self, after: int | None, limit: int) -> list[int]:
        """Pages in the order of their keys, behind `after`."""
        return await self._page(select(Page.id), Page.id, after, limit)

    async def audit_ids(self, after: int | None, limit: int) -> list[int]:
        """Audit entries in the order of their keys, behind `after`."""
        return await self._page(select(AuditEntry.id), AuditEntry.id, after, limit)

    async def audit_details(self, entry_ids: Collection[int]) -> dict[int, dict[str, Any]]:
        """Those of the entries that exist, with their details."""
        rows = await self._session.execute(
            select(AuditEntry.id, AuditEntry.details).where(AuditEntry.id.in_(entry_ids))
        )
        return {row.id: row.details for row in rows}

    async def originals(self, document_ids: Collection[UUID]) -> list[Original]:
        """What the rows of those documents that are live say of their bytes."""
        rows = await self._session.execute(
            select(Document.id, Document.object_key, Document.size_bytes, Document.sha256).where(
                Document.id.in_(document_ids), Document.deleted_at.is_(None)
            )
        )
        return [Original(*row) for row in rows]

    async def known_keys(self, keys: Collection[str]) -> set[str]:
        """Those of the keys that a document, also a deleted one, or an upload intent has."""
        statement = (
            select(Document.object_key)
            .where(Document.object_key.in_(keys))
            .union(
                select(UploadIntent.object_key).where(
                    UploadIntent.object_key.in_(keys), UploadIntent.state != UploadState.DONE
                )
            )
        )
        return set(await self._session.scalars(statement))

    async def overdue_leftovers(self, keys: Collection[str], seconds: float) -> set[str]:
        """Those of the keys that only an intent has which ended, or stalled, so long ago."""
        statement = select(UploadIntent.object_key).where(
            UploadIntent.object_key.in_(keys),
            UploadIntent.state != UploadState.DONE,
            UploadIntent.updated_at < clock_after(-seconds),
            ~exists().where(Document.object_key == UploadIntent.object_key),
        )
        return set(await self._session.scalars(statement))

    async def documents(self, document_ids: Collection[UUID]) -> list[DocumentRow]:
        """Those of the documents that are live."""
        rows = await self._session.execute(
            select(
                Document.id,
                Document.owner_id,
                User.id.is_not(None).label("has_owner"),
                Document.status,
                Document.title,
                Document.title_folded,
                Document.original_name,
                Document.name_folded,
                Document.media_type,
                Document.size_bytes,
                Document.sha256,
                Document.object_key,
            )
            .outerjoin(User, User.id == Document.owner_id)
            .where(Document.id.in_(document_ids), Document.deleted_at.is_(None))
        )
        return [DocumentRow(**row._asdict()) for row in rows]

    async def overdue_deletions(self, document_ids: Collection[UUID], seconds: float) -> set[UUID]:
        """Those of the documents that were deleted so long ago and still have a row."""
        statement = select(Document.id).where(
            Document.id.in_(document_ids), Document.deleted_at < clock_after(-seconds)
        )
        return set(await self._session.scalars(statement))

    async def readings(self, document_ids: Collection[UUID]) -> list[Reading]:
        """What was read of those documents that are live and whose text has been read."""
        extract, embed = aliased(StageRecord), aliased(StageRecord)
        pages = select(func.count()).where(Page.document_id == Document.id).scalar_subquery()
        characters = (
            select(func.coalesce(func.sum(func.length(Page.text)), 0))
            .where(Page.document_id == Document.id)
            .scalar_subquery()
        )
        chunks = select(func.count()).where(Chunk.document_id == Document.id).scalar_subquery()
        rows = await self._session.execute(
            select(
                Document.id,
                extract.result,
                embed.state,
                embed.result,
                Document.character_count,
                pages,
                characters,
                chunks,
            )
            .join(extract, and_(extract.document_id == Document.id, extract.stage == Stage.EXTRACT))
            .outerjoin(embed, and_(embed.document_id == Document.id, embed.stage == Stage.EMBED))
            .where(
                Document.id.in_(document_ids),
                Document.deleted_at.is_(None),
                extract.state == StageState.DONE,
            )
        )
        return [
            Reading(id_, read or {}, state, embedded or {}, count, found, length, cut)
            for id_, read, state, embedded, count, found, length, cut in rows
        ]

    async def chunks(self, chunk_ids: Collection[UUID]) -> dict[UUID, ChunkRow]:
        """Those of the chunks that exist and whose documents are live."""
        extract, embed = aliased(StageRecord), aliased(StageRecord)
        rows = await self._session.execute(
            select(
                Chunk.id,
                Chunk.document_id,
                Document.owner_id,
                Chunk.ordinal,
                extract.generation,
                extract.state,
                embed.state,
            )
            .join(Document, Document.id == Chunk.document_id)
            .outerjoin(
                extract, and_(extract.document_id == Document.id, extract.stage == Stage.EXTRACT)
            )
            .outerjoin(embed, and_(embed.document_id == Document.id, embed.stage == Stage.EMBED))
            .where(Chunk.id.in_(chunk_ids), Document.deleted_at.is_(None))
        )
        return {row.id: ChunkRow(*row) for row in rows}

    async def vector_owners(self, document_ids: Collection[UUID]) -> dict[UUID, VectorOwner]:
        """Those of the documents that have a row, deleted ones too."""
        rows = await self._session.execute(
            select(
                Document.id, Document.owner_id, Document.deleted_at.is_not(None), StageRecord.state
            )
            .outerjoin(
                StageRecord,
                and_(StageRecord.document_id == Document.id, StageRecord.stage == Stage.EMBED),
            )
            .where(Document.id.in_(document_ids))
        )
        return {id_: VectorOwner(owner, deleted, state) for id_, owner, deleted, state in rows}

    async def pages(self, page_ids: Collection[int]) -> dict[int, UUID]:
        """Those of the pages that exist, with their documents."""
        rows = await self._session.execute(
            select(Page.id, Page.document_id).where(Page.id.in_(page_ids))
        )
        return {row.id: row.document_id for row in rows}

    async def _page(self, statement: Select[Any], key: Any, after: Any, limit: int) -> list[Any]:
        if after is not None:
            statement = statement.where(key > after)
        return list(await self._session.scalars(statement.order_by(key).limit(limit)))
