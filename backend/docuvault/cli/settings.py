"""Settings for commands: a fault in them is one sentence and exit code 78."""

from typing import Any

import typer

from docuvault.config.loader import load_settings
from docuvault.config.settings import Settings
from docuvault.domain.errors import DocuVaultError
from docuvault.observability.logs import configure_logs

# EX_CONFIG of sysexits.h, and EX_UNAVAILABLE.
CONFIGURATION_FAULT = 78
UNAVAILABLE = 69


def settings_or_exit(**overrides: Any) -> Settings:
    """The settings of the environment, with logs set up accordingly."""
    try:
        settings = load_settings(**overrides)
    except DocuVaultError as error:
        refuse(error)
    configure_logs(settings.log)
    return settings


def refuse(error: DocuVaultError, code: int = CONFIGURATION_FAULT) -> typer.Exit:
    """Say why not and leave."""
    typer.echo(f"DocuVault cannot start: {error.detail}", err=True)
    raise typer.Exit(code)
