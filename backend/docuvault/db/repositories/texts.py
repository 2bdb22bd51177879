"""Queries about what was read of a document: its pages, chunks and vectors."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Table, and_, bindparam, delete, func, insert, select, tuple_, update
from sqlalchemy.orm import undefer

from docuvault.db.models import Chunk, Document, Page
from docuvault.db.session import AsyncSession
from docuvault.db.types import clock_now

# Both databases take far more parameters than this; a document of many pages has more still.
_KEYS_PER_QUERY = 1000
_PAGES_PER_QUERY = 20


@dataclass(frozen=True, slots=True)
class ChunkText:
    """A chunk with its text and, where one was made, its embedding (float16 bytes)."""

    id: UUID
    ordinal: int
    page: int
    text: str
    embedding: bytes | None
    embedding_model: str | None


@dataclass(frozen=True, slots=True)
class ChunkOnPage:
    """A chunk with the page it lies on: characters `start` to `end` of `text`."""

    id: UUID
    document_id: UUID
    page: int
    start: int
    end: int
    text: str


_chunk = cast(Table, Chunk.__table__).c
_page = cast(Table, Page.__table__).c
_ON_PAGES = (
    select(_chunk.id, _chunk.document_id, _chunk.page, _chunk.start, _chunk.end, _page.text)
    .join_from(
        _chunk.id.table,
        _page.id.table,
        and_(_page.document_id == _chunk.document_id, _page.number == _chunk.page),
    )
    .where(_chunk.id.in_(bindparam("ids", type_=_chunk.id.type, expanding=True)))
)


class TextRepository:
    """Pages and chunks of any document; callers have settled whose it is."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def replace_pages(self, document_id: UUID, pages: Iterable[tuple[int, str]]) -> None:
        """Put these numbered texts in place of all pages there were."""
        await self._session.execute(delete(Page).where(Page.document_id == document_id))
        rows = [
            {"document_id": document_id, "number": number, "text": text} for number, text in pages
        ]
        if rows:
            await self._session.execute(insert(Page), rows)

    async def replace_chunks(self, document_id: UUID, chunks: Sequence[dict[str, Any]]) -> None:
        """Put these chunks (id, ordinal, page, start, end) in place of all there were."""
        await self._session.execute(delete(Chunk).where(Chunk.document_id == document_id))
        if chunks:
            await self._session.execute(
                insert(Chunk), [{"document_id": document_id, **chunk} for chunk in chunks]
            )

    async def chunks(self, document_id: UUID, limit: int | None = None) -> list[ChunkText]:
        """The chunks of a document in their order, at most the first `limit`."""
        statement = (
            select(Chunk)
            .where(Chunk.document_id == document_id)
            .order_by(Chunk.ordinal)
            .options(undefer(Chunk.embedding))
        )
        if limit is not None:
            statement = statement.limit(limit)
        chunks = (await self._session.scalars(statement)).all()
        # A page may be large and have many chunks, so it is read once for all of them.
        texts = await self.page_texts({(document_id, chunk.page) for chunk in chunks})
        return [
            ChunkText(
                chunk.id,
                chunk.ordinal,
                chunk.page,
                texts[document_id, chunk.page][chunk.start : chunk.end],
                chunk.embedding,
                chunk.embedding_model,
            )
            for chunk in chunks
        ]

    async def head(self, document_id: UUID, characters: int) -> str:
        """The first `characters` of a document's text, page after page."""
        parts: list[str] = []
        missing, last = characters, 0
        while missing > 0:
            rows = await self._session.execute(
                select(Page.number, func.substr(Page.text, 1, missing))
                .where(Page.document_id == document_id, Page.number > last)
                .order_by(Page.number)
                .limit(_PAGES_PER_QUERY)
            )
            pages = [(number, text) for number, text in rows]
            if not pages:
                break
            parts.extend(text for _, text in pages)
            last = pages[-1][0]
            missing -= sum(len(text) + 1 for _, text in pages)
        return "\n".join(parts)[:characters]

    async def set_embeddings(self, model: str, embeddings: Sequence[tuple[UUID, bytes]]) -> None:
        """Keep the embeddings (float16 bytes) of chunks."""
        if not embeddings:
            return
        connection = await self._session.connection()
        await connection.execute(
            update(Chunk)
            .where(Chunk.id == bindparam("chunk_id"))
            .values(embedding=bindparam("bytes_"), embedding_model=model),
            [{"chunk_id": chunk_id, "bytes_": data} for chunk_id, data in embeddings],
        )

    async def on_pages(self, chunk_ids: Collection[UUID]) -> dict[UUID, ChunkOnPage]:
        """Those of the chunks that exist, with their pages."""
        rows = await self._session.execute(_ON_PAGES, {"ids": list(chunk_ids)})
        return {row[0]: ChunkOnPage(*row) for row in rows}

    async def page_texts(self, wanted: Collection[tuple[UUID, int]]) -> dict[tuple[UUID, int], str]:
        """The texts of pages named by document and number."""
        found: dict[tuple[UUID, int], str] = {}
        keys = list(wanted)
        for start in range(0, len(keys), _KEYS_PER_QUERY):
            rows = await self._session.execute(
                select(Page.document_id, Page.number, Page.text).where(
                    tuple_(Page.document_id, Page.number).in_(keys[start : start + _KEYS_PER_QUERY])
                )
            )
            found.update({(row.document_id, row.number): row.text for row in rows})
        return found

    async def set_read(
        self,
        document_id: UUID,
        *,
        media_type: str,
        page_count: int,
        character_count: int,
        details: dict[str, Any],
    ) -> None:
        """Note what reading the file told."""
        await self._session.execute(
            update(Document)
            .where(Document.id == document_id)
            .values(
                media_type=media_type,
                page_count=page_count,
                character_count=character_count,
                details=details,
                updated_at=clock_now(),
            )
        )

    async def set_vector(self, document_id: UUID, model: str, vector: bytes) -> None:
        """Keep the document's own vector (float32 bytes)."""
        await self._session.execute(
            update(Document)
            .where(Document.id == document_id)
            .values(vector=vector, vector_model=model)
        )

    async def vector(self, document_id: UUID, model: str) -> bytes | None:
        """The document's own vector, if that model made it."""
        return await self._session.scalar(
            select(Document.vector).where(
                Document.id == document_id, Document.vector_model == model
            )
        )
