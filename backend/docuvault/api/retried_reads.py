"""Reads whose database connection broke under them are served once more, from their beginning."""

from collections.abc import MutableMapping
from typing import Any

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

log = structlog.get_logger(__name__)

_MARK = "database_interrupted"
_READS = frozenset({"GET", "HEAD"})


def mark_interrupted(scope: MutableMapping[str, Any]) -> None:
    """Note that the answer about to be sent only says that the connection was lost."""
    scope.setdefault("state", {})[_MARK] = True


class RetriedReads:
    """Asks a second time, as a read changes nothing; whoever asks notices no short interruption."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http" or scope["method"] not in _READS:
            await self._app(scope, receive, send)
            return
        state: dict[str, Any] = scope.setdefault("state", {})

        async def send_unless_interrupted(message: Message) -> None:
            if _MARK not in state:
                await send(message)

        # A copy, since routing writes into it.
        await self._app(dict(scope), receive, send_unless_interrupted)
        if state.pop(_MARK, False):
            log.info("request.served_again", path=scope["path"])
            await self._app(scope, receive, send)
