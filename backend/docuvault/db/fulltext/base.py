"""The full-text port: pages found by phrases, prefixes and words inside the database.

Terms are folded by `domain.text.words` on both sides, so both engines match the same things.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from docuvault.db.session import AsyncSession


@dataclass(frozen=True, slots=True)
class TermQuery:
    """What a page must hold, in folded words: every phrase and every prefix.

    Of `words` it must hold all, or with `any_word` at least one.
    """

    words: tuple[str, ...] = ()
    phrases: tuple[tuple[str, ...], ...] = ()
    prefixes: tuple[str, ...] = ()
    any_word: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to look for."""
        return not (self.words or self.phrases or self.prefixes)


@dataclass(frozen=True, slots=True)
class PageFilter:
    """Which pages may be found: one owner's live documents, narrowed by what a search asks for."""

    owner_id: UUID
    topic_ids: Sequence[UUID] = ()
    media_types: Sequence[str] = ()
    created_from: datetime | None = None
    created_before: datetime | None = None
    document_ids: Sequence[UUID] = field(default=())


@dataclass(frozen=True, slots=True)
class PageHit:
    """A page that matches; hits come best first."""

    document_id: UUID
    page: int


class FullText(ABC):
    """Index and search of page texts, in the caller's transaction."""

    @abstractmethod
    async def index_document(self, session: AsyncSession, document_id: UUID) -> None:
        """Index the pages of a document as the `pages` table has them, replacing older ones."""

    @abstractmethod
    async def search(
        self, session: AsyncSession, query: TermQuery, filter_: PageFilter, limit: int
    ) -> list[PageHit]:
        """The best page of each matching document, the best documents first, at most `limit`."""

    @abstractmethod
    async def documents_with(
        self, session: AsyncSession, query: TermQuery, filter_: PageFilter
    ) -> set[UUID]:
        """All documents within the filter that have a matching page."""

    @abstractmethod
    async def unindexed(self, session: AsyncSession, page_ids: Collection[int]) -> set[int]:
        """Those of the pages that exist and have no entry in the index."""

    @abstractmethod
    async def entries(self, session: AsyncSession, after: int, limit: int) -> list[int]:
        """Keys of pages that the index has entries for, above `after`, in order."""
