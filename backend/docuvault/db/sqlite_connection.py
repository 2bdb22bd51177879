"""A connection to SQLite that asks its thread once per statement.

SQLAlchemy's adapter makes, runs, fetches and closes every cursor in calls of their own, and begins
and resets every transaction in two more. Each call wakes a thread and then the event loop, which
takes longer than most of our statements.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import aiosqlite
from sqlalchemy.dialects.sqlite.aiosqlite import (
    AsyncAdapt_aiosqlite_connection,
    AsyncAdapt_aiosqlite_cursor,
)
from sqlalchemy.util.concurrency import await_

T = TypeVar("T")


class SqliteCursor(AsyncAdapt_aiosqlite_cursor):
    """Holds the whole answer of one statement; nothing is left open in the database."""

    __slots__ = ("_description", "_lastrowid", "_rowcount", "arraysize")

    _adapt_connection: "SqliteConnection"

    def __init__(self, adapt_connection: "SqliteConnection") -> None:
        self._adapt_connection = adapt_connection
        self._rows: deque[Any] = deque()
        self._description: Any = None
        self._rowcount = -1
        self._lastrowid: Any = None
        self.arraysize = 1

    @property
    def description(self) -> Any:
        """The columns of the answer; None for a statement that has none."""
        return self._description

    @property
    def rowcount(self) -> int:
        """Rows that were changed; -1 where that says nothing."""
        return self._rowcount

    @property
    def lastrowid(self) -> Any:
        """The key of the row that was inserted last."""
        return self._lastrowid

    def close(self) -> None:
        """Forget the rows."""
        self._rows.clear()

    async def _async_soft_close(self) -> None:
        """The cursor was closed when its answer was read."""

    async def _execute_async(self, operation: Any, parameters: Any) -> None:
        await self._ask(lambda cursor: cursor.execute(operation, parameters or ()))

    async def _executemany_async(self, operation: Any, seq_of_parameters: Sequence[Any]) -> None:
        await self._ask(lambda cursor: cursor.executemany(operation, seq_of_parameters))

    async def _ask(self, statement: Callable[[Any], Any]) -> None:
        def answer(connection: Any) -> tuple[Any, list[Any], int, Any]:
            cursor = connection.cursor()
            try:
                statement(cursor)
                rows = cursor.fetchall() if cursor.description else []
                return cursor.description, rows, cursor.rowcount, cursor.lastrowid
            finally:
                cursor.close()

        self._description, rows, self._rowcount, self._lastrowid = await self._adapt_connection.run(
            answer
        )
        self._rows = deque(rows)


class SqliteConnection(AsyncAdapt_aiosqlite_connection):
    """Begins a transaction together with its first statement, and ends only what was begun."""

    __slots__ = ("_begin", "_brief", "_interrupted")

    _cursor_cls: type[Any] = SqliteCursor

    def __init__(self, dbapi: Any, connection: Any) -> None:
        super().__init__(dbapi, connection)
        self._begin: str | None = None
        self._brief = False
        self._interrupted = False

    def begin(self, statement: str, *, brief: bool = False) -> None:
        """Run this statement before the next one, in the same turn of the thread.

        In a `brief` transaction the thread begins, which may have to wait, and commits, which
        waits for the disk; what lies between takes microseconds and is done right here.
        """
        self._begin = statement
        self._brief = brief

    def commit(self) -> None:
        """Commit, if anything was begun."""
        if self._has_begun():
            super().commit()

    def rollback(self) -> None:
        """Roll back, if anything was begun."""
        if self._has_begun():
            self._interrupted = False
            super().rollback()

    async def run(self, work: Callable[[Any], T]) -> T:
        """Let the connection's thread do this, after whatever it still has to do."""
        async with self._execute_mutex:
            begin, self._begin = self._begin, None
            if self._brief and begin is None and not self._interrupted:
                return work(self._connection._conn)

            def begun() -> T:
                connection = self._connection._conn
                if begin is not None:
                    connection.execute(begin)
                return work(connection)

            try:
                done: T = await self._connection._execute(begun)
            except asyncio.CancelledError:
                # The thread goes on: nobody knows yet whether it begins something.
                self._interrupted = True
                raise
            return done

    def _has_begun(self) -> bool:
        self._begin, self._brief = None, False
        raw = self._connection._connection
        return self._interrupted or (raw is not None and raw.in_transaction)


def open_connection(dbapi: Any, connection: aiosqlite.Connection) -> SqliteConnection:
    """Start the connection's thread; called, as all of SQLAlchemy's drivers, inside a greenlet."""
    return SqliteConnection(dbapi, await_(connection))
