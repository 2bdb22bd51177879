"""`docuvault db`: the schema of the database."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import typer

from docuvault.cli.settings import UNAVAILABLE, refuse, settings_or_exit
from docuvault.domain.errors import ConfigurationError, DocuVaultError

app = typer.Typer(help="The schema of the database.", no_args_is_help=True)


@app.command()
def upgrade(revision: str = "head") -> None:
    """Bring the database to a revision, by default to the newest."""
    from docuvault.db import schema

    settings = settings_or_exit()
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    _run(schema.upgrade(settings.database_migrate_url, revision))
    typer.echo(f"The database is at {revision}.")


@app.command()
def downgrade(revision: str) -> None:
    """Take the database back to a revision; `base` removes all tables."""
    from docuvault.db import schema

    settings = settings_or_exit()
    _run(schema.downgrade(settings.database_migrate_url, revision))
    typer.echo(f"The database is at {revision}.")


@app.command()
def check() -> None:
    """Fail when the tables differ from what this version expects."""
    from docuvault.db import schema

    settings = settings_or_exit()
    asyncio.run(schema.check(settings.database_migrate_url))


def _run(work: Coroutine[Any, Any, None]) -> None:
    try:
        asyncio.run(work)
    except ConfigurationError as error:
        refuse(error)
    except DocuVaultError as error:
        refuse(error, UNAVAILABLE)
