"""Running the application in this process."""

import socket
import sys
from contextlib import suppress

import uvicorn
from fastapi import FastAPI
from starlette.types import Message, Receive, Scope, Send

from docuvault.api.app import create_app
from docuvault.api.protocol import BoundedHttpProtocol
from docuvault.config.settings import Settings
from docuvault.domain.errors import DocuVaultError


class PlainRefusal:
    """Tells the server in one sentence, not in a traceback, why the application cannot start."""

    def __init__(self, app: FastAPI) -> None:
        self.app = app

    @property
    def refusal(self) -> DocuVaultError | None:
        """Why the start was refused, if it was."""
        return getattr(self.app.state, "refusal", None)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""

        async def send_plain(message: Message) -> None:
            if message["type"] == "lifespan.startup.failed" and self.refusal is not None:
                message = {**message, "message": f"DocuVault cannot start: {self.refusal.detail}"}
            await send(message)

        await self.app(scope, receive, send_plain if scope["type"] == "lifespan" else send)


class Server(uvicorn.Server):
    """Says when it is ready; ends event streams first, since stopping waits for open answers."""

    def __init__(self, application: PlainRefusal, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.application = application

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Open everything, then say where the vault is to be found."""
        await super().startup(sockets)
        if self.started:
            # Where it goes may be full or gone, which is no reason to end.
            with suppress(OSError):
                sys.stdout.write(
                    f"DocuVault is ready: http://{self.config.host}:{self.config.port}\n"
                )
                sys.stdout.flush()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop taking requests, end the streams, finish what is under way."""
        resources = getattr(self.application.app.state, "resources", None)
        if resources is not None:
            await resources.events.close()
        await super().shutdown(sockets)


def create_server(settings: Settings) -> Server:
    """A server for one process; more load means more processes behind a proxy."""
    application = PlainRefusal(create_app(settings))
    return Server(
        application,
        uvicorn.Config(
            application,
            host=settings.server.host,
            port=settings.server.port,
            loop="uvloop",
            http=BoundedHttpProtocol,
            log_config=None,
            access_log=False,
            server_header=False,
            # Whoever guesses tokens must not say himself from which address he does so.
            proxy_headers=False,
            lifespan="on",
            timeout_graceful_shutdown=settings.server.shutdown_seconds,
        ),
    )
