"""`docuvault worker` and `docuvault beat`: the Celery processes."""

import os
import sys

import typer

from docuvault.cli.settings import CONFIGURATION_FAULT, settings_or_exit
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
