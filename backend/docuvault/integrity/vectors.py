"""I9: the index holds chunks of live documents, under their owners, and nothing else."""

from collections.abc import AsyncIterator, Sequence
from uuid import UUID

from docuvault.db.repositories.integrity import ChunkRow, IntegrityRepository, VectorOwner
from docuvault.domain.documents import StageState
from docuvault.integrity.base import Check, Suspicion
from docuvault.integrity.findings import FindingCode, Invariant
from docuvault.search.vectors.base import StoredChunk

_PAGE = 500


class VectorsCheck(Check[UUID]):
    """What lies in the vector index."""

    invariant = Invariant.VECTORS
    subjects = "vectors"
    reads_vectors = True

    async def pages(self) -> AsyncIterator[Sequence[UUID]]:
        """The ids of all vectors."""
        if self._vault.vectors is None:
            return
        page: list[UUID] = []
        async for chunk_id in self._vault.vectors.chunk_ids():
            page.append(chunk_id)
            if len(page) == _PAGE:
                yield page
                page = []
        if page:
            yield page

    async def look(self, keys: Sequence[UUID]) -> list[Suspicion[UUID]]:
        """Vectors that belong to no chunk, or say that they belong to somebody else."""
        if self._vault.vectors is None:
            return []
        stored = await self._vault.vectors.stored(keys)
        document_ids = {chunk.document_id for chunk in stored.values() if chunk.document_id}
        async with self._vault.database.reading() as session:
            rows = IntegrityRepository(session)
            chunks = await rows.chunks(list(stored))
            owners = await rows.vector_owners(document_ids)
        suspicions = []
        for chunk in stored.values():
            owner = owners.get(chunk.document_id) if chunk.document_id else None
            fault = _fault(chunk, owner, chunks.get(chunk.chunk_id))
            if fault is not None:
                code, sentence = fault
                suspicions.append(
                    Suspicion(chunk.chunk_id, code, f"vector {chunk.chunk_id}", sentence)
                )
        return suspicions


def _fault(
    chunk: StoredChunk, owner: VectorOwner | None, row: ChunkRow | None
) -> tuple[FindingCode, str] | None:
    if owner is None:
        return (
            FindingCode.VECTOR_FOREIGN,
            f"It belongs to the document {chunk.document_id}, which does not exist.",
        )
    if owner.deleted:
        # It goes with its document; that this takes too long is said of the document.
        return None
    if chunk.owner_id != owner.owner_id:
        return (
            FindingCode.VECTOR_WRONG_OWNER,
            f"It names {chunk.owner_id} as the owner of the document {chunk.document_id}.",
        )
    if row is not None and row.document_id != chunk.document_id:
        return (
            FindingCode.VECTOR_OUTDATED,
            f"It says to be of the document {chunk.document_id}; the chunk is of another one.",
        )
    # The index runs ahead of the rows, and only a finished `embed` has removed what is left over.
    if row is None and owner.embed_state == StageState.DONE:
        return (
            FindingCode.VECTOR_OUTDATED,
            f"The document {chunk.document_id} has no such chunk any more.",
        )
    return None
