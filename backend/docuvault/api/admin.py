"""Who may see and change what belongs to administrators."""

import hmac
from typing import Annotated

import structlog
from fastapi import Depends, Request

from docuvault.api.deps import ResourcesDep
from docuvault.api.origin import is_loopback
from docuvault.config.settings import Settings
from docuvault.domain.errors import DependencyUnavailable, ErrorCode, Forbidden
from docuvault.key_value.base import Storage
from docuvault.key_value.memory import MemoryStorage

_MOST_FAILURES = 10
_FAILURE_SECONDS = 300.0

log = structlog.get_logger(__name__)


class AdminGate:
    """Lets through who knows the administrator's token.

    Without a token in the settings everybody is let through who can reach the server, provided
    that it listens on loopback only and is not in production; else nobody. Wrong tokens are
    counted per client address in `storage`; while it is away this process counts by itself.
    """

    def __init__(self, settings: Settings, storage: Storage) -> None:
        token = settings.admin_token
        self._token = token.get_secret_value().encode() if token else b""
        self._is_open = settings.env != "production" and is_loopback(settings.server.host)
        self._storage = storage
        self._spare = MemoryStorage()

    @property
    def needs_token(self) -> bool:
        """Whether nobody gets through without a token."""
        return bool(self._token) or not self._is_open

    async def check(self, authorization: str | None, address: str) -> None:
        """Raise `Forbidden`, with `admin_required` or after too many wrong tokens, or let through.

        `authorization` is the header as it was sent.
        """
        if not self.needs_token:
            return
        scheme, _, given = (authorization or "").partition(" ")
        if not self._token or scheme.lower() != "bearer":
            raise Forbidden(ErrorCode.ADMIN_REQUIRED)
        key = f"admin:failures:{address}"
        if await self._failures(key) >= _MOST_FAILURES:
            raise Forbidden(ErrorCode.TOO_MANY_REQUESTS)
        if not hmac.compare_digest(given.strip().encode(), self._token):
            await self._count(key)
            log.warning("admin.refused", address=address)
            raise Forbidden(ErrorCode.ADMIN_REQUIRED)

    async def _failures(self, key: str) -> int:
        alone = _as_count(await self._spare.get(key))
        try:
            return max(alone, _as_count(await self._storage.get(key)))
        except DependencyUnavailable:
            return alone

    async def _count(self, key: str) -> None:
        try:
            await self._storage.increment(key, expire=_FAILURE_SECONDS)
        except DependencyUnavailable:
            await self._spare.increment(key, expire=_FAILURE_SECONDS)


def _as_count(value: object) -> int:
    return value if isinstance(value, int) else 0


async def get_admin_gate(request: Request) -> AdminGate:
    """The gate of this process."""
    gate: AdminGate = request.app.state.admin_gate
    return gate


AdminGateDep = Annotated[AdminGate, Depends(get_admin_gate)]


async def require_admin(request: Request, gate: AdminGateDep) -> None:
    """For administrators only."""
    address = request.client.host if request.client else "unknown"
    await gate.check(request.headers.get("authorization"), address)


async def require_debugging(request: Request, gate: AdminGateDep, resources: ResourcesDep) -> None:
    """For administrators, and for everybody while debugging is switched on."""
    if not resources.settings.debug:
        await require_admin(request, gate)


AdminDep = Annotated[None, Depends(require_admin)]
