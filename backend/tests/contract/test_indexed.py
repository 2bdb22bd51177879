"""Filling a lost index again: in parts, and in the order of locks that everybody keeps to."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, select, text

from docuvault.db.models import Document
from docuvault.db.repositories.indexed import IndexedRepository, Reopened
from docuvault.db.repositories.locks import lock_document
from docuvault.db.repositories.stages import StageRepository
from docuvault.db.repositories.texts import TextRepository
from docuvault.db.session import Database
from docuvault.domain.documents import STAGE_ORDER, DocumentStatus, Stage, StageState
from tests.contract.databases import add_document, open_database, owner_of
from tests.servers.postgres import PostgresServer


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
async def shared(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    postgres: PostgresServer,
) -> AsyncIterator[Database]:
    folder: Path = tmp_path_factory.mktemp("indexed")
    async with open_database(request.param, folder, postgres) as database:
        yield database


@pytest.fixture
async def database(shared: Database) -> Database:
    async with shared.writing() as session:
        await session.execute(delete(Document))
    return shared


async def indexed_document(database: Database) -> UUID:
    """A document that is all done and has one chunk in the index."""
    owner_id = await owner_of(database)
    async with database.writing() as session:
        document_id = await add_document(session, owner_id, ["A few words."])
        await TextRepository(session).replace_chunks(
            document_id, [{"id": uuid4(), "ordinal": 0, "page": 1, "start": 0, "end": 12}]
        )
    for stage in STAGE_ORDER:
        async with database.writing() as session:
            stages = StageRepository(session)
            claim = await stages.claim(document_id, stage, 60)
            assert claim is not None
            assert await stages.finish(claim, StageState.DONE, code=None, result={})
            await stages.open_next(document_id)
            await stages.refresh_status(document_id)
    return document_id


async def reopen(database: Database, limit: int, after: UUID | None = None) -> Reopened:
    async with database.writing() as session:
        return await IndexedRepository(session).reopen_indexed(limit, after)


async def processing(database: Database) -> set[UUID]:
    async with database.reading() as session:
        return set(
            await session.scalars(
                select(Document.id).where(Document.status == DocumentStatus.PROCESSING)
            )
        )


async def test_documents_are_reopened_in_parts_and_each_once(database: Database) -> None:
    documents = sorted([await indexed_document(database) for _ in range(5)])

    assert await reopen(database, 2) == Reopened(2, documents[1])
    assert await processing(database) == set(documents[:2]), "the others wait for their part"
    async with database.writing() as session:
        claim = await StageRepository(session).claim(documents[0], Stage.EMBED, 60)
        assert claim is not None
        assert await StageRepository(session).finish(claim, StageState.DONE, code=None, result={})
        await StageRepository(session).refresh_status(documents[0])

    assert await reopen(database, 2, documents[1]) == Reopened(2, documents[3])
    assert await reopen(database, 2, documents[3]) == Reopened(1, documents[4])
    assert await reopen(database, 2, documents[4]) == Reopened(0, None)
    assert await processing(database) == set(documents[1:]), "what was done again stays done"


async def until_somebody_waits_for_a_lock(database: Database) -> None:
    waiting = text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    async with asyncio.timeout(10):
        while True:
            async with database.reading() as session:
                if await session.scalar(waiting):
                    return
            await asyncio.sleep(0.01)


async def test_nobody_who_holds_a_document_dies_of_it(database: Database) -> None:
    """Two writers that take documents and stages in different orders end in a deadlock."""
    if database.dialect == "sqlite":
        pytest.skip("SQLite has one writer at a time.")
    first, held = sorted([await indexed_document(database) for _ in range(2)])
    async with database.writing() as session:
        await lock_document(session, held)
        check = asyncio.create_task(reopen(database, 10))
        await until_somebody_waits_for_a_lock(database)
        await StageRepository(session).reopen(held, [Stage.EMBED])

    assert await check == Reopened(1, held), "the other one is reopened already"
    assert await processing(database) == {first, held}
