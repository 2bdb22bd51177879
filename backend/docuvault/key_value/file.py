"""Key-value storage in one SQLite file: outlives a restart, and may be lost without harm."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pysqlite3
import structlog

from docuvault.domain.errors import DependencyUnavailable, ErrorCode
from docuvault.key_value.base import Storage
from docuvault.key_value.entries import MAX_COUNT, MIN_COUNT, integer, out_of_range

MAX_BYTES = 256 * 1024 * 1024
# How often the room of expired entries is given back.
_TIDY_SECONDS = 60.0
_PAGE_BYTES = 4096
_SCAN_COUNT = 500
# SQLITE_CORRUPT and SQLITE_NOTADB.
_DAMAGED = frozenset({11, 26})

_TABLES = (
    "CREATE TABLE IF NOT EXISTS entries"
    " (key TEXT PRIMARY KEY, value BLOB NOT NULL, expires_at REAL)",
    "CREATE INDEX IF NOT EXISTS entries_expires_at ON entries (expires_at)"
    " WHERE expires_at IS NOT NULL",
)
_FIND = "SELECT value FROM entries WHERE key = :key AND (expires_at IS NULL OR expires_at > :now)"
_PUT = "INSERT OR REPLACE INTO entries (key, value, expires_at) VALUES (?, ?, ?)"
_FROM = (
    "SELECT key FROM entries WHERE key >= :key AND (expires_at IS NULL OR expires_at > :now)"
    " ORDER BY key LIMIT :limit"
)
_BEHIND = (
    "SELECT key FROM entries WHERE key > :key AND (expires_at IS NULL OR expires_at > :now)"
    " ORDER BY key LIMIT :limit"
)

log = structlog.get_logger(__name__)

T = TypeVar("T")
Connection = Any


class FileStorage(Storage):
    """A table of encoded values, read and written by one thread of its own.

    Commits reach the file but are not forced to the disk: a power cut may lose the latest of them.
    A damaged file is set aside and begun anew. `clock` counts seconds and must go on over
    restarts. The file takes `max_bytes` at the most; beyond, and on a full disk, writes raise
    `DependencyUnavailable`.
    """

    def __init__(
        self, path: Path, *, clock: Callable[[], float] = time.time, max_bytes: int = MAX_BYTES
    ) -> None:
        self._path = path
        self._clock = clock
        self._max_bytes = max_bytes
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="key-value")
        self._connection: Connection | None = None
        self._tidied_at = -float("inf")

    async def close(self) -> None:
        """Close the file."""
        await asyncio.get_running_loop().run_in_executor(self._thread, self._close)
        self._thread.shutdown()

    async def _read(self, key: str) -> bytes | None:
        return await self._do(partial(_find, key=key, now=self._clock()))

    async def _write(self, key: str, encoded: bytes, expire: float | None) -> None:
        await self._change(partial(_put, key=key, encoded=encoded, expires_at=self._end(expire)))

    async def _write_if_absent(self, key: str, encoded: bytes, expire: float | None) -> bool:
        now, end = self._clock(), self._end(expire)

        def write(connection: Connection) -> bool:
            if _find(connection, key, now) is not None:
                return False
            _put(connection, key, encoded, end)
            return True

        return await self._change(write)

    async def _replace(
        self, key: str, expected: bytes, encoded: bytes, expire: float | None
    ) -> bool:
        now, end = self._clock(), self._end(expire)

        def replace(connection: Connection) -> bool:
            if _find(connection, key, now) != expected:
                return False
            _put(connection, key, encoded, end)
            return True

        return await self._change(replace)

    async def _count(self, key: str, amount: int, expire: float | None) -> int:
        now, end = self._clock(), self._end(expire)

        def count(connection: Connection) -> int:
            found = _find(connection, key, now)
            after = amount + (0 if found is None else integer(found))
            if not MIN_COUNT <= after <= MAX_COUNT:
                raise out_of_range()
            if found is None:
                _put(connection, key, b"%d" % after, end)
            else:
                connection.execute(
                    "UPDATE entries SET value = ? WHERE key = ?", (b"%d" % after, key)
                )
            return after

        return await self._change(count)

    async def _remove(self, keys: list[str]) -> int:
        now = self._clock()

        def remove(connection: Connection) -> int:
            live = sum(_find(connection, key, now) is not None for key in dict.fromkeys(keys))
            connection.executemany("DELETE FROM entries WHERE key = ?", [(key,) for key in keys])
            return live

        return await self._change(remove)

    async def _keys(self, prefix: str) -> AsyncIterator[str]:
        # Keys that begin alike lie side by side, since both sort by their bytes.
        query, key = _FROM, prefix
        while True:
            found = await self._do(partial(_page, query=query, key=key, now=self._clock()))
            for key in found:
                if not key.startswith(prefix):
                    return
                yield key
            if len(found) < _SCAN_COUNT:
                return
            query = _BEHIND

    def _end(self, expire: float | None) -> float | None:
        return None if expire is None else self._clock() + expire

    async def _change(self, work: Callable[[Connection], T]) -> T:
        """Do this in one transaction."""

        def change(connection: Connection) -> T:
            connection.execute("BEGIN IMMEDIATE")
            try:
                self._tidy(connection)
                result = work(connection)
                connection.execute("COMMIT")
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
            return result

        return await self._do(change)

    async def _do(self, work: Callable[[Connection], T]) -> T:
        loop = asyncio.get_running_loop()
        # What has begun is carried out, also when its caller no longer waits.
        return await asyncio.shield(loop.run_in_executor(self._thread, self._answer, work))

    def _answer(self, work: Callable[[Connection], T]) -> T:
        try:
            try:
                return work(self._opened())
            except pysqlite3.DatabaseError as error:
                if not _is_damage(error):
                    raise
                self._begin_anew()
                return work(self._opened())
        except (pysqlite3.Error, OSError) as error:
            log.warning("key_value.failed", error=type(error).__name__)
            raise DependencyUnavailable(ErrorCode.SERVICE_UNAVAILABLE) from error

    def _opened(self) -> Connection:
        if self._connection is None:
            self._path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            connection = pysqlite3.connect(
                str(self._path), isolation_level=None, check_same_thread=False
            )
            try:
                self._prepare(connection)
            except BaseException:
                connection.close()
                raise
            self._connection = connection
        return self._connection

    def _prepare(self, connection: Connection) -> None:
        for pragma in (
            "busy_timeout=5000",
            "journal_mode=WAL",
            "synchronous=NORMAL",
            f"max_page_count={self._max_bytes // _PAGE_BYTES}",
        ):
            connection.execute(f"PRAGMA {pragma}")
        (verdict,) = connection.execute("PRAGMA quick_check(1)").fetchone()
        if verdict != "ok":
            raise _Damage
        for statement in _TABLES:
            connection.execute(statement)

    def _tidy(self, connection: Connection) -> None:
        now = self._clock()
        if not 0 <= now - self._tidied_at < _TIDY_SECONDS:
            self._tidied_at = now
            connection.execute("DELETE FROM entries WHERE expires_at <= ?", (now,))

    def _begin_anew(self) -> None:
        """Set the damaged file aside, in place of an earlier one."""
        self._close()
        aside = self._path.with_name(f"{self._path.name}.damaged")
        log.warning("key_value.file_damaged", set_aside_as=aside.name)
        for ending in ("-wal", "-shm"):
            self._path.with_name(self._path.name + ending).unlink(missing_ok=True)
        self._path.replace(aside)

    def _close(self) -> None:
        if self._connection is not None:
            connection, self._connection = self._connection, None
            connection.close()


class _Damage(pysqlite3.DatabaseError):  # type: ignore[misc]
    """The check of the file found a fault."""

    sqlite_errorcode = 11


def _is_damage(error: Exception) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & 0xFF in _DAMAGED


def _find(connection: Connection, key: str, now: float) -> bytes | None:
    row = connection.execute(_FIND, {"key": key, "now": now}).fetchone()
    return None if row is None else bytes(row[0])


def _put(connection: Connection, key: str, encoded: bytes, expires_at: float | None) -> None:
    connection.execute(_PUT, (key, encoded, expires_at))


def _page(connection: Connection, query: str, key: str, now: float) -> list[str]:
    rows = connection.execute(query, {"key": key, "now": now, "limit": _SCAN_COUNT})
    return [key for (key,) in rows]
