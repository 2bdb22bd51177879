"""Keeps foreign pages out: no request under a foreign name, no change for another site."""

from collections.abc import Sequence
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.types import ASGIApp, Receive, Scope, Send

from docuvault.api.errors import domain_problem
from docuvault.config.settings import ServerSettings
from docuvault.domain.errors import ErrorCode, Forbidden

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
_ANY = "*"
# Monitoring services know their vault by whatever name; they carry a secret that pages do not.
_SECRET_PATHS = frozenset({"/api/webhooks/datadog", "/api/webhooks/newrelic"})


def trusted_hosts(settings: ServerSettings) -> Sequence[str]:
    """Host names that requests may carry: those set, else loopback names where only they can come.

    A page elsewhere can make its own name resolve to this machine; its requests then reach a
    loopback server, but carry that foreign name.
    """
    if settings.trusted_hosts:
        return settings.trusted_hosts
    return _LOOPBACK if is_loopback(settings.host) else (_ANY,)


class OriginGuard:
    """Answers 421 for a foreign host and 403 for a change that another site's page asks for."""

    def __init__(self, app: ASGIApp, hosts: Sequence[str]) -> None:
        self._app = app
        self._hosts = frozenset(host.lower() for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        guarded = scope["type"] == "http" and scope["path"] not in _SECRET_PATHS
        refusal = self._refusal(scope) if guarded else None
        if refusal is None:
            await self._app(scope, receive, send)
            return
        await domain_problem(Request(scope), refusal)(scope, receive, send)

    def _refusal(self, scope: Scope) -> Forbidden | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "").lower()
        if _ANY not in self._hosts and _name_of(host) not in self._hosts:
            return Forbidden(ErrorCode.FOREIGN_HOST)
        if scope["method"] not in _SAFE_METHODS and _is_foreign(headers, host):
            return Forbidden(ErrorCode.CSRF_FAILED)
        return None


def _is_foreign(headers: Headers, host: str) -> bool:
    """Whether a browser says that another site's page made the request; others say nothing."""
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in {"same-origin", "none"}
    origin = headers.get("origin")
    if origin is None:
        return False
    try:
        return urlsplit(origin).netloc.lower() != host
    except ValueError:
        return True


def _name_of(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdigit() else host


def is_loopback(host: str) -> bool:
    """Whether only programs on this machine can reach a server that listens on `host`."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"
