"""The edge of the database: one engine per process, reading and writing sessions, error mapping."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path

import structlog
from sqlalchemy import make_url, text
from sqlalchemy.exc import DBAPIError, IntegrityError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import (
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)

from docuvault.config.settings import DatabaseSettings
from docuvault.db.sqlite_driver import BRIEF, READING, BundledSqlite, prepare_engine
from docuvault.domain.errors import DependencyUnavailable, ErrorCode, InsufficientStorage

__all__ = ["AsyncSession", "Database", "DuplicateRow", "Interrupted", "create_engine"]

log = structlog.get_logger(__name__)

_FULL = ("database or disk is full", "no space left on device", "could not extend file")
# A refused connection carries no SQLSTATE, only PostgreSQL's words.
_REFUSED = "password authentication failed"
# SQLITE_CORRUPT and SQLITE_NOTADB; data_corrupted and index_corrupted of PostgreSQL.
_DAMAGED_SQLITE = (11, 26)
_DAMAGED_POSTGRES = ("XX001", "XX002")
# serialization_failure and deadlock_detected of PostgreSQL.
_CONFLICTS = ("40001", "40P01")


class DuplicateRow(Exception):
    """The database refused the row, as a rule because somebody else was faster with the same."""


class Interrupted(DependencyUnavailable):
    """What was under way broke off: the same, from its beginning, may succeed at once.

    Either the connection was lost, and with it perhaps only the answer to a COMMIT, or the database
    chose this transaction to end a conflict between several.
    """


def create_engine(url: str, settings: DatabaseSettings, *, must_exist: bool = False) -> AsyncEngine:
    """An engine for either database; nothing is connected yet.

    SQLite makes a file that is missing, unless it `must_exist`: then `DependencyUnavailable`.
    """
    if url.startswith("sqlite"):
        if must_exist and not Path(make_url(url).database or "").is_file():
            raise DependencyUnavailable(
                ErrorCode.DB_UNAVAILABLE, "There is no database in the data folder."
            )
        engine = create_async_engine(
            url,
            module=BundledSqlite(),
            pool_size=settings.pool_size,
            max_overflow=settings.max_overflow,
            pool_timeout=settings.pool_timeout,
        )
        prepare_engine(engine)
        return engine
    return create_async_engine(
        url,
        pool_pre_ping=True,
        pool_size=settings.pool_size,
        max_overflow=settings.max_overflow,
        pool_timeout=settings.pool_timeout,
        connect_args={
            "connect_timeout": settings.connect_timeout,
            "options": (
                f"-c statement_timeout={settings.statement_timeout * 1000}"
                " -c lock_timeout=5000 -c idle_in_transaction_session_timeout=30000"
            ),
        },
    )


class Database:
    """Sessions of one process over one engine.

    `writing()` is one transaction: committed at the end of the block, rolled back on any error.
    `reading()` sees committed rows and changes none. Both raise
    `DependencyUnavailable(db_unavailable)` when the database does not answer, its subclass
    `Interrupted` when it did until now, and with `db_corrupt` when its file is damaged.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self.dialect = engine.dialect.name
        reading = (
            engine.execution_options(**{READING: True})
            if self.dialect == "sqlite"
            else engine.execution_options(isolation_level="AUTOCOMMIT")
        )
        self._write = async_sessionmaker(engine, expire_on_commit=False)
        self._write_briefly = async_sessionmaker(
            engine.execution_options(**{BRIEF: True}), expire_on_commit=False
        )
        self._read = async_sessionmaker(reading, expire_on_commit=False)
        # SQLite has one writer at a time; waiting here costs less than waiting inside SQLite.
        self._turn: asyncio.Lock | None = asyncio.Lock() if self.dialect == "sqlite" else None

    @asynccontextmanager
    async def writing(self, *, brief: bool = False) -> AsyncIterator[AsyncSession]:
        """A session whose block is one transaction.

        A `brief` one has but a few statements on single rows, each a matter of microseconds.
        """
        write = self._write_briefly if brief else self._write
        with translated_errors():
            if self._turn is None:
                async with write() as session, session.begin():
                    yield session
            else:
                async with self._turn, write() as session, session.begin():
                    yield session

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """A session for queries only."""
        with translated_errors():
            async with self._read() as session:
                yield session

    async def ping(self) -> None:
        """One round trip."""
        async with self.reading() as session:
            await session.execute(text("SELECT 1"))

    async def close(self) -> None:
        """Close all connections."""
        await self._engine.dispose()


@contextmanager
def translated_errors() -> Iterator[None]:
    """Faults of the connection become `DependencyUnavailable`, broken uniqueness `DuplicateRow`."""
    try:
        yield
    except IntegrityError as error:
        raise DuplicateRow from error
    except (OperationalError, InterfaceError, PoolTimeout) as error:
        log.warning("database.failed", reason=type(error.__cause__ or error).__name__)
        if any(phrase in str(error).lower() for phrase in _FULL):
            raise InsufficientStorage(ErrorCode.INSUFFICIENT_STORAGE) from error
        if isinstance(error, DBAPIError) and _is_interruption(error):
            raise Interrupted(ErrorCode.DB_UNAVAILABLE) from error
        sentence = "The database refuses the user or its password."
        raise DependencyUnavailable(
            ErrorCode.DB_UNAVAILABLE, sentence if _REFUSED in str(error) else None
        ) from error
    except DBAPIError as error:
        if error.connection_invalidated:
            log.warning("database.connection_lost")
            raise Interrupted(ErrorCode.DB_UNAVAILABLE) from error
        if _is_damage(error):
            log.error("database.damaged", reason=str(error.orig))
            raise DependencyUnavailable(ErrorCode.DB_CORRUPT) from error
        raise


def _is_interruption(error: DBAPIError) -> bool:
    return error.connection_invalidated or getattr(error.orig, "sqlstate", None) in _CONFLICTS


def _is_damage(error: DBAPIError) -> bool:
    # Above its lowest byte SQLite says more precisely what is damaged.
    code = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF
    return code in _DAMAGED_SQLITE or getattr(error.orig, "sqlstate", None) in _DAMAGED_POSTGRES
