"""The schema's state: bring it to the newest revision, or tell which one is there."""

import asyncio
from collections.abc import Callable

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.script.revision import ResolutionError
from alembic.util import CommandError
from sqlalchemy.ext.asyncio import AsyncEngine

from docuvault.config.settings import DatabaseSettings
from docuvault.db.session import create_engine, translated_errors
from docuvault.domain.errors import ConfigurationError


def _config(url: str) -> Config:
    config = Config()
    config.set_main_option("script_location", "docuvault.db:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["url"] = url
    return config


def newest_revision() -> str:
    """The revision that this version of the program works with."""
    head = ScriptDirectory.from_config(_config("")).get_current_head()
    if head is None:
        raise ConfigurationError("This installation has no migrations.")
    return head


async def upgrade(url: str, revision: str = "head") -> None:
    """Migrate up; safe to repeat. Runs in a thread, since Alembic brings its own loop."""
    await _reach(url)
    await asyncio.to_thread(_migrate, command.upgrade, url, revision)


async def downgrade(url: str, revision: str) -> None:
    """Migrate down to a revision, `base` for nothing."""
    await _reach(url)
    await asyncio.to_thread(_migrate, command.downgrade, url, revision)


async def _reach(url: str) -> None:
    """Say in one sentence that the database is away, before Alembic says it in many."""
    engine = create_engine(url, DatabaseSettings())
    try:
        with translated_errors():
            async with engine.connect():
                pass
    finally:
        await engine.dispose()


def _migrate(move: Callable[[Config, str], None], url: str, revision: str) -> None:
    try:
        move(_config(url), revision)
    except CommandError as error:
        if isinstance(error.__cause__, ResolutionError):
            raise ConfigurationError(
                f"This version does not know the revision {error.__cause__.argument};"
                " the database was used by a newer one."
            ) from None
        raise


async def check(url: str) -> None:
    """Raise when the tables differ from the models."""
    await asyncio.to_thread(command.check, _config(url))


async def current_revision(engine: AsyncEngine) -> str | None:
    """The revision of the connected database; None for an empty one."""
    with translated_errors():
        async with engine.connect() as connection:
            return await connection.run_sync(
                lambda sync: MigrationContext.configure(sync).get_current_revision()
            )


async def require_newest(engine: AsyncEngine) -> None:
    """Refuse to run on a schema of another version."""
    found, wanted = await current_revision(engine), newest_revision()
    if found != wanted:
        raise ConfigurationError(
            f"The database is at revision {found or 'none'}, this version needs {wanted}:"
            " run `docuvault db upgrade`."
        )
