"""`docuvault storage`: the object storage."""

import asyncio

import typer

from docuvault.cli.settings import UNAVAILABLE, refuse, settings_or_exit
from docuvault.domain.errors import DocuVaultError

app = typer.Typer(help="The object storage.", no_args_is_help=True)


@app.callback()
def main() -> None:
    """Keep `init` a command of its own."""


@app.command()
def init() -> None:
    """Make the bucket where it is missing; safe to repeat."""
    settings = settings_or_exit()
    if settings.storage.driver != "minio":
        typer.echo("Object storage is a folder; nothing to do.")
        return
    from docuvault.object_storage.minio import ensure_bucket

    try:
        asyncio.run(ensure_bucket(settings.storage))
    except DocuVaultError as error:
        refuse(error, UNAVAILABLE)
    typer.echo(f"The bucket {settings.storage.minio_bucket} is there.")
