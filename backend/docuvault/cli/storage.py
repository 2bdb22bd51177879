"""`docuvault storage`: the object storage."""

import asyncio
from typing import Annotated

import typer

from docuvault.cli.settings import CONFIGURATION_FAULT, UNAVAILABLE, refuse, settings_or_exit
from docuvault.domain.errors import ConfigurationError, DocuVaultError

app = typer.Typer(help="The object storage.", no_args_is_help=True)


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


@app.command()
def adopt(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Take over the object storage of these settings, whatever vault it belonged to.

    For a storage that was moved or restored on purpose. Originals that it does not hold are
    missing from then on; `docuvault doctor` names them.
    """
    settings = settings_or_exit()
    if not yes:
        typer.confirm("Shall this vault use the storage as its own from now on?", abort=True)
    from docuvault.bootstrap.identity import adopt_storage

    try:
        changed = asyncio.run(adopt_storage(settings))
    except DocuVaultError as error:
        refuse(error, CONFIGURATION_FAULT if isinstance(error, ConfigurationError) else UNAVAILABLE)
    typer.echo("The storage is this vault's now." if changed else "The storage is this vault's.")
