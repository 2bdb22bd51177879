"""I7 and I9, chunks: each is of the last reading, and has its vectors once it is indexed."""

from collections.abc import Sequence
from uuid import UUID

from docuvault.db.repositories.integrity import ChunkRow, IntegrityRepository
from docuvault.db.session import AsyncSession
from docuvault.domain.documents import StageState, chunk_id
from docuvault.integrity.base import RowsCheck, Suspicion
from docuvault.integrity.findings import FindingCode, Invariant


class _AllChunksCheck(RowsCheck[UUID]):
    """Chunk rows."""

    subjects = "chunks"

    async def keys(self, session: AsyncSession, after: UUID | None) -> Sequence[UUID]:
        """All chunk rows."""
        return await IntegrityRepository(session).chunk_ids(after, self.page_size)


class ChunksCheck(_AllChunksCheck):
    """The id of a chunk tells which reading it is of."""

    invariant = Invariant.DERIVED

    async def look(self, keys: Sequence[UUID]) -> list[Suspicion[UUID]]:
        """Chunks of an older reading."""
        async with self._vault.database.reading() as session:
            rows = await IntegrityRepository(session).chunks(keys)
        return [
            Suspicion(
                row.id,
                FindingCode.CHUNK_OUTDATED,
                f"document {row.document_id}",
                f"Chunk {row.id} is not of the last reading of the document.",
            )
            for row in rows.values()
            if _is_outdated(row)
        ]


class IndexedChunksCheck(_AllChunksCheck):
    """Chunks of the last reading of documents whose indexing is done."""

    invariant = Invariant.VECTORS
    reads_vectors = True

    async def look(self, keys: Sequence[UUID]) -> list[Suspicion[UUID]]:
        """Chunks that searches by meaning cannot find."""
        if self._vault.vectors is None:
            return []
        async with self._vault.database.reading() as session:
            rows = await IntegrityRepository(session).chunks(keys)
        indexed = [
            row
            for row in rows.values()
            if row.embed_state == StageState.DONE and not _is_outdated(row)
        ]
        stored = await self._vault.vectors.stored([row.id for row in indexed])
        return [
            Suspicion(
                row.id,
                FindingCode.VECTOR_MISSING,
                f"document {row.document_id}",
                f"Chunk {row.id} has no vector of its meaning, so searches by meaning miss it.",
            )
            for row in indexed
            if row.id not in stored or not stored[row.id].has_meaning
        ]


def _is_outdated(row: ChunkRow) -> bool:
    if row.extract_state != StageState.DONE or row.generation is None:
        # It is being read again, or could not be; then what the reading before gave stays.
        return False
    return row.id != chunk_id(row.document_id, row.generation, row.ordinal)
