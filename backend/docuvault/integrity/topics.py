"""I3, topics: names are found and compared by what they are folded to."""

from collections.abc import Sequence
from uuid import UUID

from docuvault.db.repositories.integrity import IntegrityRepository
from docuvault.db.repositories.topics import folded_name
from docuvault.db.session import AsyncSession
from docuvault.integrity.base import RowsCheck, Suspicion
from docuvault.integrity.findings import FindingCode, Invariant


class TopicsCheck(RowsCheck[UUID]):
    """Rows of topics."""

    invariant = Invariant.DOCUMENTS
    subjects = "topics"

    async def keys(self, session: AsyncSession, after: UUID | None) -> Sequence[UUID]:
        """All topics."""
        return await IntegrityRepository(session).topic_ids(after, self.page_size)

    async def look(self, keys: Sequence[UUID]) -> list[Suspicion[UUID]]:
        """Topics without a name, or with the folded name of another one."""
        async with self._vault.database.reading() as session:
            names = await IntegrityRepository(session).topic_names(keys)
        return [
            Suspicion(
                topic_id,
                FindingCode.TOPIC_MALFORMED,
                f"topic {topic_id}",
                "Its name is empty, or the name by which it is found is not its name.",
            )
            for topic_id, (name, folded) in names.items()
            if not name or folded != folded_name(name)
        ]
