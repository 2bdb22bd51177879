"""The connection to SQLite: one turn of its thread per statement, transactions as everywhere."""

import asyncio
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
from sqlalchemy import event, text

from docuvault.config.settings import DatabaseSettings
from docuvault.db.session import Database, DuplicateRow, create_engine


@pytest_asyncio.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    engine = create_engine(
        f"sqlite+aiosqlite:///{tmp_path}/vault.db", DatabaseSettings(pool_size=1, max_overflow=0)
    )

    # A function of SQL that tells which thread runs it.
    @event.listens_for(engine.sync_engine, "connect")
    def _add(connection: object, _record: object) -> None:
        connection.create_function(  # type: ignore[attr-defined]
            "thread", 0, threading.get_ident
        )

    opened = Database(engine)
    async with opened.writing() as session:
        await session.execute(text("CREATE TABLE t (n INTEGER PRIMARY KEY, word TEXT)"))
    yield opened
    await opened.close()


async def words(database: Database) -> list[str]:
    async with database.reading() as session:
        return list(await session.scalars(text("SELECT word FROM t ORDER BY n")))


async def add(database: Database, n: int, word: str, *, brief: bool = False) -> None:
    async with database.writing(brief=brief) as session:
        await session.execute(text("SELECT 1"))
        await session.execute(text("INSERT INTO t VALUES (:n, :word)"), {"n": n, "word": word})


async def test_a_transaction_is_kept_or_undone_as_a_whole(database: Database) -> None:
    for brief in (False, True):
        await add(database, 1 + brief, "kept", brief=brief)
        try:
            async with database.writing(brief=brief) as session:
                await session.execute(text("INSERT INTO t VALUES (9, 'undone')"))
                await session.execute(text("INSERT INTO t VALUES (1, 'twice')"))
        except DuplicateRow:
            pass
        else:
            raise AssertionError("the key was there before")
    assert await words(database) == ["kept", "kept"]


async def test_rows_counts_and_many_parameters_arrive(database: Database) -> None:
    async with database.writing() as session:
        rows = [{"n": n, "word": f"word {n}"} for n in range(50)]
        await session.execute(text("INSERT INTO t VALUES (:n, :word)"), rows)
        changed = await session.execute(text("UPDATE t SET word = 'x' WHERE n < 7"))
        assert changed.rowcount == 7  # type: ignore[attr-defined]
        returned = await session.execute(text("DELETE FROM t WHERE n > 40 RETURNING n"))
        assert sorted(returned.scalars()) == list(range(41, 50))
    assert len(await words(database)) == 41


async def test_only_a_brief_transaction_runs_in_the_event_loop(database: Database) -> None:
    here = threading.get_ident()
    where = text("SELECT thread()")

    async with database.writing(brief=True) as session:
        first = await session.scalar(where)
        second = await session.scalar(where)
    assert (first == here, second == here) == (False, True), "the first may have to wait"

    async with database.writing() as session:
        assert {await session.scalar(where), await session.scalar(where)}.isdisjoint({here})
    async with database.reading() as session:
        assert {await session.scalar(where), await session.scalar(where)}.isdisjoint({here})


async def test_whoever_is_stopped_in_the_middle_leaves_no_transaction_open(
    database: Database,
) -> None:
    slow = text(
        "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x < 3000000)"
        " INSERT INTO t SELECT 1000 + max(x), 'never' FROM c"
    )

    async def interrupted() -> None:
        async with database.writing() as session:
            started.set()
            await session.execute(slow)

    for _ in range(3):
        started = asyncio.Event()
        work = asyncio.create_task(interrupted())
        await started.wait()
        # One turn of the loop hands the statement to the thread.
        await asyncio.sleep(0)
        work.cancel()
        await asyncio.gather(work, return_exceptions=True)
        assert work.cancelled()

    await add(database, 1, "after")
    await add(database, 2, "brief", brief=True)
    assert await words(database) == ["after", "brief"]
