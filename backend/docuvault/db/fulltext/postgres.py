"""Full text on PostgreSQL: one tsvector per page under a GIN index."""

import asyncio
from collections.abc import Collection
from uuid import UUID

from sqlalchemy import bindparam, cast, column, exists, func, select, table, text
from sqlalchemy.dialects.postgresql import TSQUERY, TSVECTOR, distinct_on

from docuvault.db.fulltext.base import FullText, PageFilter, PageHit, TermQuery
from docuvault.db.fulltext.narrowing import narrowed_pages
from docuvault.db.models import Page
from docuvault.db.session import AsyncSession
from docuvault.domain.text import words

_PAGE_SEARCH = table("page_search", column("page_id"), column("terms", TSVECTOR))
# PostgreSQL's own limits: longest lexeme in bytes, highest position, size of a whole tsvector.
_LEXEME_BYTES = 2046
_POSITIONS = 16_383
_VECTOR_BYTES = 900_000
_ENTRY_BYTES = 8


class PostgresFullText(FullText):
    """tsvector and tsquery, built from our own words so that both databases agree on tokens."""

    async def index_document(self, session: AsyncSession, document_id: UUID) -> None:
        """Replace the rows of the document's pages; deleting a page removes its row by cascade."""
        pages = (
            await session.execute(select(Page.id, Page.text).where(Page.document_id == document_id))
        ).all()
        if pages:
            await session.execute(
                text(
                    "INSERT INTO page_search (page_id, terms)"
                    " VALUES (:id, CAST(:terms AS tsvector))"
                    " ON CONFLICT (page_id) DO UPDATE SET terms = excluded.terms"
                ),
                await asyncio.to_thread(
                    lambda: [{"id": page.id, "terms": _vector(page.text)} for page in pages]
                ),
            )

    async def search(
        self, session: AsyncSession, query: TermQuery, filter_: PageFilter, limit: int
    ) -> list[PageHit]:
        """Pages by cover density."""
        if query.is_empty:
            return []
        match = cast(bindparam("match", _compile(query)), TSQUERY)
        place = func.ts_rank_cd(_PAGE_SEARCH.c.terms, match, 1)
        best = (
            narrowed_pages(filter_)
            .add_columns(place.label("place"))
            .join(_PAGE_SEARCH, _PAGE_SEARCH.c.page_id == Page.id)
            .where(_PAGE_SEARCH.c.terms.op("@@")(match))
            .ext(distinct_on(Page.document_id))
            .order_by(Page.document_id, place.desc(), Page.id)
            .subquery("best")
        )
        statement = (
            select(best.c.document_id, best.c.number)
            .order_by(best.c.place.desc(), best.c.id)
            .limit(limit)
        )
        rows = await session.execute(statement)
        return [PageHit(row.document_id, row.number) for row in rows]

    async def documents_with(
        self, session: AsyncSession, query: TermQuery, filter_: PageFilter
    ) -> set[UUID]:
        """Distinct documents of the matching pages."""
        if query.is_empty:
            return set()
        match = cast(bindparam("match", _compile(query)), TSQUERY)
        statement = (
            narrowed_pages(filter_)
            .join(_PAGE_SEARCH, _PAGE_SEARCH.c.page_id == Page.id)
            .where(_PAGE_SEARCH.c.terms.op("@@")(match))
            .with_only_columns(Page.document_id)
            .distinct()
        )
        return set(await session.scalars(statement))

    async def unindexed(self, session: AsyncSession, page_ids: Collection[int]) -> set[int]:
        """Pages without a row of their own."""
        statement = select(Page.id).where(
            Page.id.in_(page_ids), ~exists().where(_PAGE_SEARCH.c.page_id == Page.id)
        )
        return set(await session.scalars(statement))

    async def entries(self, session: AsyncSession, after: int, limit: int) -> list[int]:
        """The keys of the rows."""
        key = _PAGE_SEARCH.c.page_id
        return list(
            await session.scalars(select(key).where(key > after).order_by(key).limit(limit))
        )


def _vector(page: str) -> str:
    """A tsvector literal; words hold letters and digits only, so quoting them is enough."""
    places: dict[str, list[int]] = {}
    room = _VECTOR_BYTES
    for position, word in enumerate(words(page), start=1):
        length = len(word.encode())
        if length > _LEXEME_BYTES:
            continue
        room -= 2 if word in places else length + _ENTRY_BYTES
        if room < 0:
            break
        places.setdefault(word, []).append(min(position, _POSITIONS))
    return " ".join(
        f"'{word}':{','.join(str(place) for place in found[:255])}"
        for word, found in places.items()
    )


def _compile(query: TermQuery) -> str:
    """A tsquery literal over quoted words."""
    required = [
        "(" + " <-> ".join(f"'{word}'" for word in phrase) + ")" for phrase in query.phrases
    ]
    required += [f"'{prefix}':*" for prefix in query.prefixes]
    if query.words and query.any_word:
        required.append("(" + " | ".join(f"'{word}'" for word in query.words) + ")")
    else:
        required += [f"'{word}'" for word in query.words]
    return " & ".join(required)
