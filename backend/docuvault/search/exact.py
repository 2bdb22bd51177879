"""The leg of exact text: what must stand on a page, asked of the database."""

from collections.abc import Sequence
from uuid import UUID

from docuvault.db.fulltext.base import FullText, PageFilter, PageHit, TermQuery
from docuvault.db.session import Database
from docuvault.search.narrowing import Narrowing
from docuvault.search.query import ParsedQuery

_LIMIT = 1000


class ExactSearch:
    """Full text on behalf of one owner at a time."""

    def __init__(self, database: Database, fulltext: FullText) -> None:
        self._database = database
        self._fulltext = fulltext

    async def everything(
        self, owner_id: UUID, query: ParsedQuery, narrowing: Narrowing
    ) -> list[PageHit]:
        """Pages that hold all that is looked for."""
        terms = TermQuery(words=query.words, phrases=query.phrases, prefixes=query.prefixes)
        return await self._pages(owner_id, terms, narrowing)

    async def anything(
        self, owner_id: UUID, query: ParsedQuery, narrowing: Narrowing
    ) -> list[PageHit]:
        """The answer without vectors: pages that hold all, or failing that some of the words."""
        found = await self.everything(owner_id, query, narrowing)
        if found or len(query.words) < 2:
            return found
        terms = TermQuery(
            words=query.words, phrases=query.phrases, prefixes=query.prefixes, any_word=True
        )
        return await self._pages(owner_id, terms, narrowing)

    async def required(
        self, owner_id: UUID, query: ParsedQuery, narrowing: Narrowing
    ) -> list[PageHit]:
        """Pages that hold the phrases and prefixes, whatever the other words."""
        terms = TermQuery(phrases=query.phrases, prefixes=query.prefixes)
        return await self._pages(owner_id, terms, narrowing)

    async def excluded(
        self, owner_id: UUID, query: ParsedQuery, document_ids: Sequence[UUID]
    ) -> set[UUID]:
        """Those of the documents that hold anything the query excludes."""
        exclusions = [TermQuery(phrases=(phrase,)) for phrase in query.excluded_phrases]
        if query.excluded:
            exclusions.append(TermQuery(words=query.excluded, any_word=True))
        filter_ = PageFilter(owner_id=owner_id, document_ids=tuple(document_ids))
        found: set[UUID] = set()
        async with self._database.reading() as session:
            for terms in exclusions:
                found |= await self._fulltext.documents_with(session, terms, filter_)
        return found

    async def _pages(self, owner_id: UUID, terms: TermQuery, narrowing: Narrowing) -> list[PageHit]:
        filter_ = PageFilter(
            owner_id=owner_id,
            topic_ids=narrowing.topic_ids,
            media_types=narrowing.media_types,
            created_from=narrowing.created_from,
            created_before=narrowing.created_before,
        )
        async with self._database.reading() as session:
            return await self._fulltext.search(session, terms, filter_, _LIMIT)
