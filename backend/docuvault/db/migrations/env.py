"""Alembic's entry: runs migrations over the engine that the settings name."""

import asyncio
from typing import Any

from alembic import context
from sqlalchemy import Connection

from docuvault.config.loader import load_settings
from docuvault.config.settings import DatabaseSettings
from docuvault.db import models
from docuvault.db.session import create_engine

TARGET = models.User.metadata
# Made by hand per database (docs/decisions/0004): FTS5 with its shadow tables, or a tsvector table.
FULL_TEXT_TABLE = "page_search"


def _include(item: Any, name: str | None, kind: str, _reflected: bool, _compare_to: Any) -> bool:
    table = name if kind == "table" else getattr(getattr(item, "table", None), "name", None)
    return not (table or "").startswith(FULL_TEXT_TABLE)


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=TARGET,
        include_object=_include,
        render_as_batch=connection.dialect.name == "sqlite",
        compare_type=True,
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        context.run_migrations()


async def _connect_and_run(url: str) -> None:
    # A migration may take longer than any statement of a request.
    engine = create_engine(url, DatabaseSettings(statement_timeout=3600))
    try:
        async with engine.connect() as connection:
            await connection.run_sync(_run)
            await connection.commit()
    finally:
        await engine.dispose()


def _url() -> str:
    given = context.config.attributes.get("url")
    return str(given) if given else load_settings().database_migrate_url


if context.is_offline_mode():
    raise SystemExit("Migrations need a database to run on; there is no offline mode.")
asyncio.run(_connect_and_run(_url()))
