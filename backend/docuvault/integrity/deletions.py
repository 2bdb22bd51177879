"""I11: of deleted documents nothing stays; objects and vectors are what I2 and I9 look at."""

from collections.abc import AsyncIterator, Sequence
from uuid import UUID

from docuvault.db.repositories.integrity import IntegrityRepository
from docuvault.db.repositories.progress import ProgressRepository
from docuvault.db.repositories.remains import PARTS, RemainsRepository
from docuvault.db.session import AsyncSession
from docuvault.integrity.base import Check, RowsCheck, Suspicion
from docuvault.integrity.findings import FindingCode, Invariant
from docuvault.integrity.work import OVERDUE_SECONDS, nobody_works

_PAGE = 500


class DeletionsCheck(RowsCheck[UUID]):
    """Deleted documents are removed for good soon."""

    invariant = Invariant.DELETIONS
    subjects = "deleted documents"

    async def keys(self, session: AsyncSession, after: UUID | None) -> Sequence[UUID]:
        """Deleted documents that still have a row."""
        return await IntegrityRepository(session).deleted_ids(after, self.page_size)

    async def look(self, keys: Sequence[UUID]) -> list[Suspicion[UUID]]:
        """Those that wait for too long."""
        async with self._vault.database.reading() as session:
            rows = IntegrityRepository(session)
            overdue = await rows.overdue_deletions(
                keys, OVERDUE_SECONDS + self._vault.queue.sweep_seconds
            )
            if overdue and not await nobody_works(self._vault, ProgressRepository(session)):
                return []
        return [
            Suspicion(
                id_,
                FindingCode.DELETION_OVERDUE,
                f"document {id_}",
                "The document was deleted, and its bytes should be removed by now.",
            )
            for id_ in keys
            if id_ in overdue
        ]


class RemainsCheck(Check[tuple[str, UUID]]):
    """Rows that belong to documents; the key is the table and the document."""

    invariant = Invariant.DELETIONS
    subjects = "remains"

    async def pages(self) -> AsyncIterator[Sequence[tuple[str, UUID]]]:
        """Documents that have rows and should have none; on a healthy vault there are none."""
        for part in PARTS:
            after: UUID | None = None
            while True:
                async with self._vault.database.reading() as session:
                    left = await RemainsRepository(session).left(part, after, _PAGE)
                if not left:
                    break
                yield [(part, document_id) for document_id in left]
                after = left[-1]

    async def look(self, keys: Sequence[tuple[str, UUID]]) -> list[Suspicion[tuple[str, UUID]]]:
        """Those that still have rows."""
        async with self._vault.database.reading() as session:
            rows = RemainsRepository(session)
            return [
                Suspicion(
                    (part, document_id),
                    FindingCode.REMAINS_LEFT,
                    f"document {document_id}",
                    f"It is gone, and rows of it are left in {part}.",
                )
                for part, document_id in keys
                if await rows.is_left(part, document_id)
            ]
