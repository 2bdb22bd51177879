"""The write side of search: chunks of a document become points of the vector index."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from docuvault.ai.base import Matrix, Vector
from docuvault.search.sparse import SparseEncoder
from docuvault.search.vectors.base import SparseVector, VectorIndex, VectorPoint


@dataclass(frozen=True, slots=True)
class IndexedDocument:
    """What every chunk of a document carries along."""

    id: UUID
    owner_id: UUID
    title: str
    media_type: str
    created_at: datetime
    topic_ids: tuple[UUID, ...]


@dataclass(frozen=True, slots=True)
class IndexedChunk:
    """A chunk as it is found; the title of the document counts as words of its first chunk."""

    id: UUID
    ordinal: int
    page: int
    text: str


class SearchIndexer:
    """Writes and removes chunks; the index is a cache, so everything may be repeated."""

    def __init__(self, vectors: VectorIndex, sparse: SparseEncoder) -> None:
        self._vectors = vectors
        self._sparse = sparse

    async def index(
        self, document: IndexedDocument, chunks: Sequence[IndexedChunk], dense: Matrix
    ) -> None:
        """Put the chunks with their unit vectors, shape (len(chunks), dimensions), in the index."""
        weights = await self._weights(document, chunks)
        await self._vectors.upsert(
            [
                _point(document, chunk, weights[position], dense[position])
                for position, chunk in enumerate(chunks)
            ]
        )

    async def index_words(self, document: IndexedDocument, chunks: Sequence[IndexedChunk]) -> None:
        """Put the chunks in the index by their words alone, until `index` adds what they mean.

        Chunks that are there already stay: a late worker must not take their meaning away.
        """
        weights = await self._weights(document, chunks)
        await self._vectors.upsert(
            [
                _point(document, chunk, words, None)
                for chunk, words in zip(chunks, weights, strict=True)
                if words.indices
            ],
            replace=False,
        )

    async def _weights(
        self, document: IndexedDocument, chunks: Sequence[IndexedChunk]
    ) -> list[SparseVector]:
        texts = [
            f"{document.title}\n{chunk.text}" if chunk.ordinal == 0 else chunk.text
            for chunk in chunks
        ]
        return await asyncio.to_thread(
            lambda: [self._sparse.encode_document(text) for text in texts]
        )

    async def keep_only(self, document_id: UUID, chunk_ids: Sequence[UUID]) -> None:
        """Remove what an earlier reading of the document left in the index."""
        await self._vectors.delete_document(document_id, keep=chunk_ids)

    async def remove(self, document_id: UUID) -> None:
        """Remove a document from the index."""
        await self._vectors.delete_document(document_id)

    async def some_documents(self, limit: int) -> set[UUID]:
        """Whose chunks lie in the index, as far as so many of them tell: from a random one on."""
        chunk_ids: set[UUID] = set()
        for start in (uuid4(), None):
            async for chunk_id in self._vectors.chunk_ids(start=start):
                if len(chunk_ids) == limit:
                    break
                chunk_ids.add(chunk_id)
        stored = await self._vectors.stored([*chunk_ids])
        return {chunk.document_id for chunk in stored.values() if chunk.document_id}

    async def count(self) -> int:
        """Chunks found by meaning; an index that vanished is made again and counts none."""
        await self._vectors.ensure()
        return await self._vectors.count()


def _point(
    document: IndexedDocument, chunk: IndexedChunk, words: SparseVector, dense: Vector | None
) -> VectorPoint:
    return VectorPoint(
        id=chunk.id,
        owner_id=document.owner_id,
        document_id=document.id,
        page=chunk.page,
        media_type=document.media_type,
        topic_ids=document.topic_ids,
        created_at=document.created_at,
        dense=dense,
        sparse=words,
    )
