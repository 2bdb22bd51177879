"""I7, chunks: each is of the last reading, and has its vectors once its document is indexed."""

from collections.abc import AsyncIterator, Sequence
from uuid import UUID

from docuvault.db.repositories.integrity import ChunkRow, IntegrityRepository
from docuvault.domain.documents import StageState, chunk_id
from docuvault.integrity.base import Check, Suspicion, paged
from docuvault.integrity.findings import FindingCode, Invariant

_PAGE = 500


class ChunksCheck(Check[UUID]):
    """Chunk rows; the id of a chunk tells which reading it is of."""

    invariant = Invariant.DERIVED
    subjects = "chunks"

    def pages(self) -> AsyncIterator[Sequence[UUID]]:
        """All chunk rows."""

        async def page(after: UUID | None) -> list[UUID]:
            async with self._vault.database.reading() as session:
                return await IntegrityRepository(session).chunk_ids(after, _PAGE)

        return paged(page)

    async def look(self, keys: Sequence[UUID]) -> list[Suspicion[UUID]]:
        """Chunks of an older reading, and those that searches by meaning cannot find."""
        async with self._vault.database.reading() as session:
            rows = await IntegrityRepository(session).chunks(keys)
        outdated = [row for row in rows.values() if _is_outdated(row)]
        suspicions = [
            Suspicion(
                row.id,
                FindingCode.CHUNK_OUTDATED,
                f"document {row.document_id}",
                f"Chunk {row.id} is not of the last reading of the document.",
            )
            for row in outdated
        ]
        return suspicions + await self._missing(
            [row for row in rows.values() if row not in outdated]
        )

    async def _missing(self, rows: Sequence[ChunkRow]) -> list[Suspicion[UUID]]:
        if self._vault.vectors is None:
            return []
        indexed = [row for row in rows if row.embed_state == StageState.DONE]
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
