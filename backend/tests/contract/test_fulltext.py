"""Full text: both databases find the same pages for the same words."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select

from docuvault.db.fulltext.base import FullText, PageFilter, TermQuery
from docuvault.db.fulltext.factory import create_fulltext
from docuvault.db.models import Page, User
from docuvault.db.repositories.deletions import DeletionRepository
from docuvault.db.repositories.texts import TextRepository
from docuvault.db.repositories.topics import TopicRepository
from docuvault.db.session import Database
from tests.contract.databases import add_document, open_database, owner_of
from tests.servers.postgres import PostgresServer

PAGES = {
    "fox": ["The quick brown fox jumps over the lazy dog.", "A page about nothing."],
    "menu": ["Crème brûlée and a CAFÉ au lait.", "brown bread, quick service"],
    "code": ["C++ and http://example.org/path?x=1 and snake_case and 3.14", "x" * 3000],
}


class Library:
    """A database with some documents and their names."""

    def __init__(self, database: Database, fulltext: FullText, owner_id: UUID) -> None:
        self.database = database
        self.fulltext = fulltext
        self.owner_id = owner_id
        self.ids: dict[str, UUID] = {}

    async def fill(self) -> None:
        async with self.database.writing() as session:
            for name, pages in PAGES.items():
                self.ids[name] = await add_document(
                    session,
                    self.owner_id,
                    pages,
                    title=name,
                    media_type="text/html" if name == "menu" else "text/plain",
                )
                await self.fulltext.index_document(session, self.ids[name])

    async def find(
        self, query: TermQuery, filter_: PageFilter | None = None, limit: int = 100
    ) -> set[tuple[str, int]]:
        names = {found: name for name, found in self.ids.items()}
        async with self.database.reading() as session:
            hits = await self.fulltext.search(
                session, query, filter_ or PageFilter(self.owner_id), limit
            )
            documents = await self.fulltext.documents_with(
                session, query, filter_ or PageFilter(self.owner_id)
            )
        found = {(names.get(hit.document_id, "?"), hit.page) for hit in hits}
        if limit >= 100:
            assert {names.get(document_id, "?") for document_id in documents} == {
                name for name, _ in found
            }
        return found


@pytest.fixture(params=["sqlite", "postgresql"])
async def library(
    request: pytest.FixtureRequest, tmp_path: Path, postgres: PostgresServer
) -> AsyncIterator[Library]:
    async with open_database(request.param, tmp_path, postgres) as database:
        found = Library(database, create_fulltext(database.dialect), await owner_of(database))
        await found.fill()
        yield found


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (TermQuery(words=("quick",)), {("fox", 1), ("menu", 2)}),
        (TermQuery(words=("quick", "fox")), {("fox", 1)}),
        (TermQuery(words=("fox", "bread"), any_word=True), {("fox", 1), ("menu", 2)}),
        (TermQuery(words=("fox", "bread")), set()),
        (TermQuery(phrases=(("brown", "fox"),)), {("fox", 1)}),
        (TermQuery(phrases=(("fox", "brown"),)), set()),
        (TermQuery(phrases=(("quick", "brown", "fox"), ("lazy", "dog"))), {("fox", 1)}),
        (TermQuery(prefixes=("jum",)), {("fox", 1)}),
        (TermQuery(prefixes=("bro", "serv")), {("menu", 2)}),
        (TermQuery(words=("creme", "cafe")), {("menu", 1)}),
        (TermQuery(phrases=(("cafe", "au", "lait"),)), {("menu", 1)}),
        (TermQuery(phrases=(("example", "org", "path"),)), {("code", 1)}),
        (TermQuery(phrases=(("snake", "case"),)), {("code", 1)}),
        (TermQuery(phrases=(("3", "14"),)), {("code", 1)}),
        (TermQuery(words=("c",)), {("code", 1)}),
        (TermQuery(words=("fo",)), set()),
        (TermQuery(words=("or",)), set()),
        (TermQuery(words=("not",)), set()),
        (TermQuery(), set()),
    ],
)
async def test_what_is_found(
    library: Library, query: TermQuery, expected: set[tuple[str, int]]
) -> None:
    assert await library.find(query) == expected


async def test_the_filter_narrows(library: Library) -> None:
    everything = PageFilter(library.owner_id)
    query = TermQuery(words=("quick",))
    now = datetime.now(UTC)
    async with library.database.writing() as session:
        topics = TopicRepository(session, library.owner_id)
        topic = await topics.add("Animals", "", "#000000")
        await topics.set_by_user(library.ids["fox"], [topic.id])

    async def find(**changes: object) -> set[tuple[str, int]]:
        return await library.find(query, replace(everything, **changes))  # type: ignore[arg-type]

    assert await find(media_types=("text/html",)) == {("menu", 2)}
    assert await find(topic_ids=(topic.id,)) == {("fox", 1)}
    assert await find(topic_ids=(uuid4(),)) == set()
    assert await find(document_ids=(library.ids["menu"],)) == {("menu", 2)}
    assert await find(created_from=now + timedelta(days=1)) == set()
    assert await find(created_before=now - timedelta(days=1)) == set()
    assert await find(
        created_from=now - timedelta(days=1), created_before=now + timedelta(days=1)
    ) == {("fox", 1), ("menu", 2)}
    assert len(await library.find(query, limit=1)) == 1


async def test_nobody_finds_what_is_not_his(library: Library) -> None:
    async with library.database.writing() as session:
        stranger = User(name="stranger")
        session.add(stranger)
    query = TermQuery(words=("quick",))

    assert await library.find(query, PageFilter(stranger.id)) == set()


async def test_reading_again_replaces(library: Library) -> None:
    async with library.database.writing() as session:
        await TextRepository(session).replace_pages(library.ids["fox"], [(1, "a green frog")])
        await library.fulltext.index_document(session, library.ids["fox"])

    assert await library.find(TermQuery(words=("fox",))) == set()
    assert await library.find(TermQuery(words=("green",))) == {("fox", 1)}


async def test_a_hit_on_a_hidden_document_is_none(library: Library) -> None:
    async with library.database.writing() as session:
        assert await DeletionRepository(session, library.owner_id).hide(library.ids["fox"])

    assert await library.find(TermQuery(words=("fox",))) == set()


async def test_an_inspector_sees_which_pages_are_indexed(library: Library) -> None:
    async with library.database.writing() as session:
        indexed = await library.fulltext.entries(session, 0, 100)
        await TextRepository(session).replace_pages(library.ids["fox"], [(1, "a green frog")])
        [page] = await session.scalars(
            select(Page.id).where(Page.document_id == library.ids["fox"])
        )

    async with library.database.reading() as session:
        left = await library.fulltext.entries(session, 0, 100)
        assert len(indexed) == sum(map(len, PAGES.values()))
        assert left == sorted(left)
        assert len(left) == len(indexed) - len(PAGES["fox"])
        assert await library.fulltext.entries(session, left[0], 2) == left[1:3]
        assert await library.fulltext.unindexed(session, [*left, page, 10**6]) == {page}
