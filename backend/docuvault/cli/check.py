"""`docuvault config`: whether the settings can be used."""

import typer

from docuvault.cli.settings import settings_or_exit


def config() -> None:
    """Read the settings, refuse what is unsafe, and say which drivers are chosen."""
    settings = settings_or_exit()
    database = "PostgreSQL" if settings.database.url else "SQLite"
    vectors = "a Qdrant server" if settings.qdrant.url else "embedded Qdrant"
    typer.echo(
        f"Environment {settings.env}: {database}, {settings.storage.driver} storage, {vectors},"
        f" {settings.queue.driver} queue, {settings.ai.provider} classifier."
    )
