"""Running the application in this process."""

import socket
import sys

import uvicorn
from fastapi import FastAPI

from docuvault.api.app import create_app
from docuvault.api.protocol import BoundedHttpProtocol
from docuvault.config.settings import Settings


class Server(uvicorn.Server):
    """Says when it is ready; ends event streams first, since stopping waits for open answers."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Open everything, then say where the vault is to be found."""
        await super().startup(sockets)
        if self.started:
            sys.stdout.write(f"DocuVault is ready: http://{self.config.host}:{self.config.port}\n")
            sys.stdout.flush()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop taking requests, end the streams, finish what is under way."""
        app = self.config.app
        resources = getattr(app.state, "resources", None) if isinstance(app, FastAPI) else None
        if resources is not None:
            await resources.events.close()
        await super().shutdown(sockets)


def create_server(settings: Settings) -> Server:
    """A server for one process; more load means more processes behind a proxy."""
    return Server(
        uvicorn.Config(
            create_app(settings),
            host=settings.server.host,
            port=settings.server.port,
            loop="uvloop",
            http=BoundedHttpProtocol,
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan="on",
            timeout_graceful_shutdown=settings.server.shutdown_seconds,
        )
    )
