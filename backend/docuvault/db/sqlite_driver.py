"""SQLite through the library that pysqlite3 brings along, in place of the system's.

The system's SQLite is often older than 3.51.3 and then holds the WAL-reset fault that can damage a
database (docs/decisions/0003).
"""

from typing import Any

import aiosqlite
import pysqlite3
from sqlalchemy import Connection, event
from sqlalchemy.dialects.sqlite.aiosqlite import AsyncAdapt_aiosqlite_dbapi
from sqlalchemy.ext.asyncio import AsyncEngine

from docuvault.db.sqlite_connection import SqliteConnection, open_connection
from docuvault.domain.errors import ConfigurationError

MINIMUM_VERSION = (3, 51, 3)
# Sessions that only read say so; all others take the write lock at once, so that none has to be
# promoted half-way and fail.
READING = "docuvault_reading"
# Transactions of a few small statements say so, too, and have them done without a thread.
BRIEF = "docuvault_brief"


class BundledSqlite(AsyncAdapt_aiosqlite_dbapi):
    """aiosqlite's threads and SQLAlchemy's adapter around pysqlite3."""

    def __init__(self) -> None:
        if pysqlite3.sqlite_version_info < MINIMUM_VERSION:
            raise ConfigurationError(
                f"SQLite {pysqlite3.sqlite_version} can damage its database; 3.51.3 is needed."
            )
        super().__init__(aiosqlite, pysqlite3)

    def _init_dbapi_attributes(self) -> None:
        for name in (
            "DatabaseError",
            "Error",
            "IntegrityError",
            "NotSupportedError",
            "OperationalError",
            "ProgrammingError",
            "sqlite_version",
            "sqlite_version_info",
            "PARSE_COLNAMES",
            "PARSE_DECLTYPES",
            "Binary",
        ):
            setattr(self, name, getattr(pysqlite3, name))

    def connect(self, *arg: Any, **kw: Any) -> Any:
        """One connection with its own thread, which does not keep the process alive."""
        # Only one thread uses it at a time, but not always the same one (`SqliteConnection.run`).
        kw["check_same_thread"] = False
        connection = aiosqlite.Connection(lambda: pysqlite3.connect(*arg, **kw), 64)
        connection._thread.daemon = True
        return open_connection(self, connection)


def prepare_engine(engine: AsyncEngine) -> None:
    """Durable, checked and predictable: WAL, full fsync, foreign keys, explicit BEGIN."""

    @event.listens_for(engine.sync_engine, "connect")
    def _on_connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            "busy_timeout=5000",
            "foreign_keys=ON",
            "temp_store=MEMORY",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine.sync_engine, "begin")
    def _on_begin(connection: Connection) -> None:
        # A query without BEGIN is a transaction of its own, as in PostgreSQL's reading sessions.
        reading = connection.get_execution_options().get(READING, False)
        driver: Any = connection.connection.dbapi_connection
        if isinstance(driver, SqliteConnection) and not reading:
            brief = connection.get_execution_options().get(BRIEF, False)
            driver.begin("BEGIN IMMEDIATE", brief=brief)
