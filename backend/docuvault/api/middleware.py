"""What happens to every request: a name for the log, safe headers, no pages below /api."""

import re
import time
from uuid import uuid4

import structlog
from starlette.datastructures import MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from docuvault.api.errors import problem
from docuvault.api.measuring import measure_request
from docuvault.domain.errors import SENTENCES, ErrorCode

log = structlog.get_logger(__name__)

_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_CONTENT_SECURITY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline';"
    " img-src 'self' blob: data:; font-src 'self' data:; connect-src 'self';"
    " worker-src 'self' blob:; manifest-src 'self'; base-uri 'none'; form-action 'self';"
    " frame-ancestors 'none'"
)
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
UPLOAD_PATH = "/api/documents/upload"
# Whoever sends these need not be known to us before their body is read.
_WEBHOOKS = "/api/webhooks/"
_WEBHOOK_BYTES = 64 * 1024
# Probes come every few seconds; their lines would bury the others.
_QUIET_PATHS = ("/health", "/metrics")


class RequestContext:
    """Names the request, times it, logs it, and puts safe headers on the answer."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request_id = _accepted_id(scope) or uuid4().hex
        scope.setdefault("state", {})["request_id"] = request_id
        started = time.perf_counter()
        status, answered = 0, 0.0

        async def send_with_headers(message: Message) -> None:
            nonlocal status, answered
            if message["type"] == "http.response.start":
                status, answered = message["status"], time.perf_counter()
                _set_headers(MutableHeaders(scope=message), scope["path"], request_id)
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, receive, send_with_headers)
            except Exception:
                if status:
                    # The answer has begun; breaking it off is the only way to say that it is wrong.
                    raise
                log.exception("request.crashed")
                answer = problem(
                    Request(scope),
                    500,
                    ErrorCode.INTERNAL_ERROR,
                    SENTENCES[ErrorCode.INTERNAL_ERROR],
                )
                await answer(scope, receive, send_with_headers)
            finally:
                if status:
                    measure_request(scope, status, answered - started)
                if not scope["path"].startswith(_QUIET_PATHS):
                    log.info(
                        "request",
                        method=scope["method"],
                        path=scope["path"],
                        status=status,
                        milliseconds=round((time.perf_counter() - started) * 1000, 1),
                    )


class JsonBodyLimit:
    """Keeps every body small but the uploads, which have a limit of their own."""

    def __init__(self, app: ASGIApp, max_bytes: int) -> None:
        self._app = app
        self._max_bytes = max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http" or scope["path"] == UPLOAD_PATH:
            await self._app(scope, receive, send)
            return
        received = 0
        webhook = scope["path"].startswith(_WEBHOOKS)
        most = min(self._max_bytes, _WEBHOOK_BYTES) if webhook else self._max_bytes

        async def receive_counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > most:
                raise HTTPException(413)
            return message

        await self._app(scope, receive_counted, send)


class NoPagesBelowApi:
    """Keeps the web UI's fallback page from answering for addresses below /api."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] == "http" and scope["path"].startswith(("/api/", "/health")):
            headers = [pair for pair in scope["headers"] if pair[0] != b"accept"]
            scope = {**scope, "headers": [*headers, (b"accept", b"application/json")]}
        await self._app(scope, receive, send)


def _accepted_id(scope: Scope) -> str | None:
    for name, value in scope["headers"]:
        if name == b"x-request-id":
            text: str = value.decode("latin-1")
            return text if _REQUEST_ID.fullmatch(text) else None
    return None


def _set_headers(headers: MutableHeaders, path: str, request_id: str) -> None:
    headers["X-Request-ID"] = request_id
    for name, value in _HEADERS.items():
        headers.setdefault(name, value)
    headers.setdefault("Content-Security-Policy", _CONTENT_SECURITY)
    if path.startswith("/assets/"):
        headers["Cache-Control"] = "public, max-age=31536000, immutable"
    else:
        headers.setdefault("Cache-Control", "no-store" if path.startswith("/api/") else "no-cache")
