"""Full text on SQLite: a contentless FTS5 table whose rowid is the page's key."""

import asyncio
from collections.abc import Collection
from uuid import UUID

from sqlalchemy import Integer, column, exists, func, literal_column, select, table, text

from docuvault.db.fulltext.base import FullText, PageFilter, PageHit, TermQuery
from docuvault.db.fulltext.narrowing import narrowed_pages
from docuvault.db.models import Page
from docuvault.db.session import AsyncSession
from docuvault.domain.text import words

_ENTRIES = table("page_search", column("rowid", Integer))
_MATCHES = (
    select(literal_column("rowid").label("page_id"), literal_column("rank").label("place"))
    .select_from(text("page_search"))
    .where(text("page_search MATCH :match"))
    .subquery("matches")
)


class SqliteFullText(FullText):
    """FTS5 with BM25 ranking."""

    async def index_document(self, session: AsyncSession, document_id: UUID) -> None:
        """Replace the rows of the document's pages; deleting a page removes its row by trigger."""
        pages = (
            await session.execute(select(Page.id, Page.text).where(Page.document_id == document_id))
        ).all()
        if pages:
            await session.execute(
                text("INSERT OR REPLACE INTO page_search (rowid, terms) VALUES (:id, :terms)"),
                await asyncio.to_thread(
                    lambda: [{"id": page.id, "terms": " ".join(words(page.text))} for page in pages]
                ),
            )

    async def search(
        self, session: AsyncSession, query: TermQuery, filter_: PageFilter, limit: int
    ) -> list[PageHit]:
        """Pages by BM25."""
        if query.is_empty:
            return []
        statement = (
            narrowed_pages(filter_)
            .join(_MATCHES, _MATCHES.c.page_id == Page.id)
            # SQLite gives the other columns from the very row that holds the least value.
            .add_columns(func.min(_MATCHES.c.place).label("place"))
            .group_by(Page.document_id)
            .order_by(text("place"), Page.id)
            .limit(limit)
        )
        rows = await session.execute(statement, {"match": _compile(query)})
        return [PageHit(row.document_id, row.number) for row in rows]

    async def documents_with(
        self, session: AsyncSession, query: TermQuery, filter_: PageFilter
    ) -> set[UUID]:
        """Distinct documents of the matching pages."""
        if query.is_empty:
            return set()
        statement = (
            narrowed_pages(filter_)
            .join(_MATCHES, _MATCHES.c.page_id == Page.id)
            .with_only_columns(Page.document_id)
            .distinct()
        )
        return set(await session.scalars(statement, {"match": _compile(query)}))

    async def unindexed(self, session: AsyncSession, page_ids: Collection[int]) -> set[int]:
        """Pages without a row of their own."""
        statement = select(Page.id).where(
            Page.id.in_(page_ids), ~exists().where(_ENTRIES.c.rowid == Page.id)
        )
        return set(await session.scalars(statement))

    async def entries(self, session: AsyncSession, after: int, limit: int) -> list[int]:
        """The keys of the rows."""
        key = _ENTRIES.c.rowid
        return list(
            await session.scalars(select(key).where(key > after).order_by(key).limit(limit))
        )


def _compile(query: TermQuery) -> str:
    """FTS5 query text; every word is quoted, so nothing in it can be an operator."""
    required = [f'"{" ".join(phrase)}"' for phrase in query.phrases]
    required += [f'"{prefix}" *' for prefix in query.prefixes]
    if query.words and query.any_word:
        required.append("(" + " OR ".join(f'"{word}"' for word in query.words) + ")")
    else:
        required += [f'"{word}"' for word in query.words]
    return " AND ".join(required)
