"""I21: counts that are kept beside the rows are the numbers of those rows."""

from collections.abc import AsyncIterator, Sequence
from uuid import UUID

from docuvault.db.repositories.integrity import IntegrityRepository
from docuvault.db.repositories.totals import OwnerCount, TotalsRepository
from docuvault.db.session import AsyncSession
from docuvault.integrity.base import Check, RowsCheck, Suspicion
from docuvault.integrity.findings import FindingCode, Invariant


class OwnersCheck(RowsCheck[UUID]):
    """Owners: the documents that triggers count, and those that have a state, are all there are."""

    invariant = Invariant.TOTALS
    subjects = "owners"
    # The database counts all documents of each of them in one statement.
    page_size = 20

    async def keys(self, session: AsyncSession, after: UUID | None) -> Sequence[UUID]:
        """All owners."""
        return await IntegrityRepository(session).owner_ids(after, self.page_size)

    async def look(self, keys: Sequence[UUID]) -> list[Suspicion[UUID]]:
        """Owners whose lists tell a wrong total, or whose states do not add up to it."""
        async with self._vault.database.reading() as session:
            counts = await TotalsRepository(session).owners(keys)
        return [suspicion for count in counts for suspicion in _faults(count)]


def _faults(count: OwnerCount) -> list[Suspicion[UUID]]:
    subject = f"owner {count.owner_id}"
    found = []
    if count.said != count.found:
        sentence = f"The row says {count.said} documents; there are {count.found}."
        found.append(Suspicion(count.owner_id, FindingCode.COUNT_DIFFERS, subject, sentence))
    if count.with_state != count.found:
        sentence = f"{count.with_state} of {count.found} documents are in a state that exists."
        found.append(Suspicion(count.owner_id, FindingCode.STATES_DIFFER, subject, sentence))
    return found


class NumbersCheck(Check[str]):
    """Counters of public numbers: the next one must be new."""

    invariant = Invariant.TOTALS
    subjects = "counters"

    async def pages(self) -> AsyncIterator[Sequence[str]]:
        """The kinds of things that have numbers."""
        async with self._vault.database.reading() as session:
            yield [number.kind for number in await TotalsRepository(session).numbers()]

    async def look(self, keys: Sequence[str]) -> list[Suspicion[str]]:
        """Counters behind a number that was given out."""
        async with self._vault.database.reading() as session:
            numbers = await TotalsRepository(session).numbers()
        return [
            Suspicion(
                number.kind,
                FindingCode.NUMBER_BEHIND,
                f"counter {number.kind}",
                f"It stands at {number.last}, and {number.highest} was given out already.",
            )
            for number in numbers
            if number.kind in keys and number.last < number.highest
        ]


class TopicsHeldCheck(RowsCheck[UUID]):
    """Topics: they count live documents of their own owner only."""

    invariant = Invariant.TOTALS
    subjects = "topics"

    async def keys(self, session: AsyncSession, after: UUID | None) -> Sequence[UUID]:
        """All topics."""
        return await IntegrityRepository(session).topic_ids(after, self.page_size)

    async def look(self, keys: Sequence[UUID]) -> list[Suspicion[UUID]]:
        """Topics on documents of somebody else, or on deleted ones."""
        async with self._vault.database.reading() as session:
            misplaced = await TotalsRepository(session).misplaced_topics(keys)
        return [
            Suspicion(
                topic_id,
                FindingCode.TOPIC_MISPLACED,
                f"topic {topic_id}",
                f"It is on {count} documents that are deleted or not its owner's.",
            )
            for topic_id, count in misplaced.items()
        ]
