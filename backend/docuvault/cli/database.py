"""`docuvault db`: the schema of the database."""

import asyncio

import typer

from docuvault.cli.settings import settings_or_exit
from docuvault.db import schema

app = typer.Typer(help="The schema of the database.", no_args_is_help=True)


@app.command()
def upgrade(revision: str = "head") -> None:
    """Bring the database to a revision, by default to the newest."""
    settings = settings_or_exit()
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    asyncio.run(schema.upgrade(settings.database_migrate_url, revision))
    typer.echo(f"The database is at {revision}.")


@app.command()
def downgrade(revision: str) -> None:
    """Take the database back to a revision; `base` removes all tables."""
    settings = settings_or_exit()
    asyncio.run(schema.downgrade(settings.database_migrate_url, revision))
    typer.echo(f"The database is at {revision}.")


@app.command()
def check() -> None:
    """Fail when the tables differ from what this version expects."""
    settings = settings_or_exit()
    asyncio.run(schema.check(settings.database_migrate_url))
