"""The vector index port: dense vectors for meaning, sparse ones for words, one owner filter."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from docuvault.ai.base import Vector


@dataclass(frozen=True, slots=True)
class SparseVector:
    """Token ids and their weights, of equal length."""

    indices: tuple[int, ...]
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class VectorPoint:
    """One chunk as the index keeps it; without `dense` it is found by its words alone."""

    id: UUID
    owner_id: UUID
    document_id: UUID
    page: int
    media_type: str
    topic_ids: tuple[UUID, ...]
    created_at: datetime
    dense: Vector | None
    sparse: SparseVector


@dataclass(frozen=True, slots=True)
class VectorFilter:
    """What may be found: always one owner's chunks, narrowed by what the search asks for.

    `created_from` is inclusive, `created_before` exclusive; empty sequences do not narrow.
    """

    owner_id: UUID
    topic_ids: Sequence[UUID] = ()
    media_types: Sequence[str] = ()
    created_from: datetime | None = None
    created_before: datetime | None = None


@dataclass(frozen=True, slots=True)
class ScoredChunk:
    """A chunk that a leg proposes; scores of different legs cannot be compared."""

    chunk_id: UUID
    document_id: UUID
    score: float


@dataclass(frozen=True, slots=True)
class LegResults:
    """What each leg proposes, best first; a leg that was not asked is empty."""

    dense: tuple[ScoredChunk, ...]
    sparse: tuple[ScoredChunk, ...]


@dataclass(frozen=True, slots=True)
class StoredChunk:
    """What the index says of a chunk that it holds; None where it says nothing that makes sense.

    `has_meaning` tells whether it has a dense vector.
    """

    chunk_id: UUID
    document_id: UUID | None
    owner_id: UUID | None
    has_meaning: bool


class VectorIndex(ABC):
    """A rebuildable cache of chunks. Every search carries the owner.

    Errors: `DependencyUnavailable(vectors_unavailable)` when the index does not answer.
    """

    @abstractmethod
    async def ensure(self) -> None:
        """Make the collection and its payload indexes where they are missing; safe to repeat."""

    @abstractmethod
    async def attach(self) -> None:
        """Open what is there, for reading; nothing is made, swept or repaired.

        Raises `DependencyUnavailable` when there is nothing that can be read.
        """

    @abstractmethod
    async def upsert(self, points: Sequence[VectorPoint], *, replace: bool = True) -> None:
        """Write the points; durable and visible to searches when it returns.

        Without `replace`, points that are there already stay as they are.
        """

    @abstractmethod
    async def delete_document(self, document_id: UUID, keep: Sequence[UUID] = ()) -> None:
        """Remove all chunks of a document but those in `keep`."""

    @abstractmethod
    async def search(
        self,
        filter_: VectorFilter,
        *,
        dense: Vector | None,
        sparse: SparseVector | None,
        limit: int,
    ) -> LegResults:
        """The best `limit` chunks of each leg that is asked, within the filter."""

    @abstractmethod
    async def count(self, owner_id: UUID | None = None) -> int:
        """Chunks in the index that have a dense vector, of one owner or of all."""

    @abstractmethod
    def chunk_ids(self, start: UUID | None = None) -> AsyncIterator[UUID]:
        """The ids of all chunks of all owners from `start` on, page by page, in their order.

        For inspection, not for searches.
        """

    @abstractmethod
    async def stored(self, chunk_ids: Sequence[UUID]) -> dict[UUID, StoredChunk]:
        """What the index holds of these chunks; for inspection, not for searches."""

    @abstractmethod
    async def health_check(self) -> bool:
        """Whether the index answers; never raises."""

    @abstractmethod
    async def close(self) -> None:
        """Flush and give back what is held."""
