"""I7, full text: every page can be found by its words, and nothing else can."""

from collections.abc import Sequence

from docuvault.db.repositories.integrity import IntegrityRepository
from docuvault.db.session import AsyncSession
from docuvault.integrity.base import RowsCheck, Suspicion
from docuvault.integrity.findings import FindingCode, Invariant


class PagesIndexedCheck(RowsCheck[int]):
    """Pages and their entries."""

    invariant = Invariant.DERIVED
    subjects = "pages"

    async def keys(self, session: AsyncSession, after: int | None) -> Sequence[int]:
        """All pages of text."""
        return await IntegrityRepository(session).page_ids(after, self.page_size)

    async def look(self, keys: Sequence[int]) -> list[Suspicion[int]]:
        """Pages without an entry."""
        async with self._vault.database.reading() as session:
            unindexed = await self._vault.fulltext.unindexed(session, keys)
            documents = await IntegrityRepository(session).pages(unindexed)
        return [
            Suspicion(
                page_id,
                FindingCode.FULLTEXT_MISSING,
                f"document {document_id}",
                f"The page with the key {page_id} is not in the full-text index.",
            )
            for page_id, document_id in documents.items()
        ]


class EntriesCheck(RowsCheck[int]):
    """Entries of the full-text index and their pages."""

    invariant = Invariant.DERIVED
    subjects = "full-text entries"

    async def keys(self, session: AsyncSession, after: int | None) -> Sequence[int]:
        """All entries, by the keys of their pages."""
        return await self._vault.fulltext.entries(session, after or 0, self.page_size)

    async def look(self, keys: Sequence[int]) -> list[Suspicion[int]]:
        """Entries without a page; the entry is read again, since both go together."""
        async with self._vault.database.reading() as session:
            foreign = set(keys) - (await IntegrityRepository(session).pages(keys)).keys()
            return [
                Suspicion(
                    page_id,
                    FindingCode.FULLTEXT_FOREIGN,
                    f"full-text entry {page_id}",
                    "It belongs to a page that does not exist.",
                )
                for page_id in sorted(foreign)
                if page_id in await self._vault.fulltext.entries(session, page_id - 1, 1)
            ]
