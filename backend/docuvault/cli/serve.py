"""`docuvault serve`: the API and, in embedded mode, everything else in the same process."""

import sys
from contextlib import suppress

from docuvault.cli.settings import CONFIGURATION_FAULT, UNAVAILABLE, settings_or_exit
from docuvault.domain.errors import ConfigurationError


def serve() -> None:
    """Serve the API and the web UI; with the embedded default also process documents."""
    from docuvault.api.server import create_server

    server = create_server(settings_or_exit())
    # uvicorn leaves when the start failed; the code below says more.
    with suppress(SystemExit):
        server.run()
    if not server.started:
        configured = isinstance(server.application.refusal, ConfigurationError)
        sys.exit(CONFIGURATION_FAULT if configured else UNAVAILABLE)
