"""I3, owners: the number of live documents that triggers keep is the number of those there are."""

from collections.abc import AsyncIterator, Sequence
from uuid import UUID

from docuvault.db.repositories.integrity import IntegrityRepository
from docuvault.integrity.base import Check, Suspicion, paged
from docuvault.integrity.findings import FindingCode, Invariant

# The database counts all documents of each of them in one statement.
_PAGE = 20


class OwnersCheck(Check[UUID]):
    """Rows of owners."""

    invariant = Invariant.DOCUMENTS
    subjects = "owners"

    def pages(self) -> AsyncIterator[Sequence[UUID]]:
        """All owners."""

        async def page(after: UUID | None) -> list[UUID]:
            async with self._vault.database.reading() as session:
                return await IntegrityRepository(session).owner_ids(after, _PAGE)

        return paged(page)

    async def look(self, keys: Sequence[UUID]) -> list[Suspicion[UUID]]:
        """Owners whose lists tell a wrong total."""
        async with self._vault.database.reading() as session:
            counts = await IntegrityRepository(session).miscounted(keys)
        return [
            Suspicion(
                count.owner_id,
                FindingCode.COUNT_DIFFERS,
                f"owner {count.owner_id}",
                f"The row says {count.said} documents; there are {count.found}.",
            )
            for count in counts
        ]
