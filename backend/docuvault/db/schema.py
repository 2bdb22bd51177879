"""The schema's state: bring it to the newest revision, or tell which one is there.

Alembic weighs as much as the database library itself, and is loaded only when something is to be
migrated; whether that is so, is a matter of one row and of the names in the scripts.
"""

import asyncio
import re
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from sqlalchemy import Connection, String, column, inspect, select, table
from sqlalchemy.ext.asyncio import AsyncEngine

from docuvault.config.settings import DatabaseSettings
from docuvault.db.session import AsyncSession, create_engine, translated_errors
from docuvault.domain.errors import ConfigurationError

if TYPE_CHECKING:
    from alembic.config import Config

_SCRIPTS = Path(__file__).parent / "migrations" / "versions"
_RECORDED = select(column("version_num", String)).select_from(table("alembic_version"))
_LINK = re.compile(r"""^(down_)?revision\b[^=\n]*= *["']([^"']+)["']""", re.M)


def _config(url: str) -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "docuvault.db:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["url"] = url
    return config


def newest_revision() -> str:
    """The revision that this version of the program works with."""
    links: list[tuple[str, str]] = [
        link for path in _SCRIPTS.glob("*.py") for link in _LINK.findall(path.read_text())
    ]
    heads = {name for down, name in links if not down} - {name for down, name in links if down}
    if len(heads) != 1:
        raise ConfigurationError("This installation has no chain of migrations with one end.")
    return heads.pop()


async def upgrade(url: str, revision: str = "head") -> None:
    """Migrate up; safe to repeat. Runs in a thread, since Alembic brings its own loop."""
    found = await _reach(url)
    if revision == "head" and found == newest_revision():
        return
    await asyncio.to_thread(_migrate, "upgrade", url, revision)


async def downgrade(url: str, revision: str) -> None:
    """Migrate down to a revision, `base` for nothing."""
    await _reach(url)
    await asyncio.to_thread(_migrate, "downgrade", url, revision)


async def _reach(url: str) -> str | None:
    """Say in one sentence that the database is away, before Alembic says it in many."""
    engine = create_engine(url, DatabaseSettings())
    try:
        return await current_revision(engine)
    finally:
        await engine.dispose()


def _migrate(direction: Literal["upgrade", "downgrade"], url: str, revision: str) -> None:
    from alembic import command
    from alembic.script.revision import ResolutionError
    from alembic.util import CommandError

    try:
        getattr(command, direction)(_config(url), revision)
    except CommandError as error:
        if isinstance(error.__cause__, ResolutionError):
            raise ConfigurationError(
                f"This version does not know the revision {error.__cause__.argument};"
                " the database was used by a newer one."
            ) from None
        raise


async def check(url: str) -> None:
    """Raise when the tables differ from the models."""
    from alembic import command

    await asyncio.to_thread(command.check, _config(url))


async def current_revision(engine: AsyncEngine) -> str | None:
    """The revision of the connected database; None for an empty one."""
    with translated_errors():
        async with engine.connect() as connection:
            return await connection.run_sync(_recorded)


def _recorded(connection: Connection) -> str | None:
    """What Alembic has written down."""
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.scalar(_RECORDED)


async def recorded_revision(session: AsyncSession) -> str | None:
    """The revision of a database that has been migrated; one short statement."""
    return await session.scalar(_RECORDED)


async def require_newest(engine: AsyncEngine) -> None:
    """Refuse to run on a schema of another version."""
    found, wanted = await current_revision(engine), newest_revision()
    if found != wanted:
        raise ConfigurationError(
            f"The database is at revision {found or 'none'}, this version needs {wanted}:"
            " run `docuvault db upgrade`."
        )
