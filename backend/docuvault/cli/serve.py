"""`docuvault serve`: the API and, in embedded mode, everything else in the same process."""

import sys

from docuvault.api.server import create_server
from docuvault.cli.settings import CONFIGURATION_FAULT, settings_or_exit


def serve() -> None:
    """Serve the API and the web UI; with the embedded default also process documents."""
    settings = settings_or_exit()
    server = create_server(settings)
    server.run()
    if not server.started:
        # The lifespan has said why; supervisors need a code that differs from success.
        sys.exit(CONFIGURATION_FAULT)
