"""`docuvault worker` and `docuvault beat`, the Celery processes, and who stands in for them."""

import asyncio
import os
import sys
from typing import Annotated

import typer

from docuvault.cli.settings import CONFIGURATION_FAULT, UNAVAILABLE, refuse, settings_or_exit
from docuvault.domain.errors import ConfigurationError, DocuVaultError
from docuvault.queue.names import DOCUMENTS_QUEUE, MAINTENANCE_QUEUE


def worker() -> None:
    """Process documents from the queue."""
    settings = settings_or_exit()
    _require_celery(settings.queue.driver)
    _become(
        "worker",
        "--queues",
        f"{DOCUMENTS_QUEUE},{MAINTENANCE_QUEUE}",
        "--concurrency",
        str(settings.queue.concurrency),
        "--loglevel",
        settings.log.level,
        "--without-gossip",
        "--without-mingle",
    )


def beat() -> None:
    """Send the periodic sweep; run one of these."""
    settings = settings_or_exit()
    _require_celery(settings.queue.driver)
    _become("beat", "--loglevel", settings.log.level)


def standin(
    beside: Annotated[
        int | None, typer.Option(help="End together with this process, which started it.")
    ] = None,
) -> None:
    """Process documents from the database alone; workers start this while Redis is away."""
    settings = settings_or_exit()
    _require_celery(settings.queue.driver)
    from docuvault.worker.standin import stand_in

    try:
        asyncio.run(stand_in(settings, beside))
    except DocuVaultError as error:
        configured = isinstance(error, ConfigurationError)
        refuse(error, CONFIGURATION_FAULT if configured else UNAVAILABLE)


def _require_celery(driver: str) -> None:
    if driver != "celery":
        typer.echo(
            "DocuVault cannot start: workers need DOCUVAULT_QUEUE__DRIVER=celery;"
            " the embedded server processes documents itself.",
            err=True,
        )
        raise typer.Exit(CONFIGURATION_FAULT)


def _become(*arguments: str) -> None:
    """Replace this process, so that signals reach Celery itself."""
    command = [sys.executable, "-m", "celery", "--app", "docuvault.worker.app:app", *arguments]
    os.execv(sys.executable, command)  # noqa: S606 - our own interpreter, fixed arguments
