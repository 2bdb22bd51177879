"""Who may see and change what belongs to administrators."""

import hmac
from typing import Annotated

import structlog
from fastapi import Depends, Request

from docuvault.api.deps import ResourcesDep
from docuvault.api.origin import is_loopback
from docuvault.config.settings import Settings
from docuvault.domain.errors import ErrorCode, Forbidden
from docuvault.key_value.base import Storage
from docuvault.key_value.limits import CallLimit

_MOST_FAILURES = 10
_FAILURE_SECONDS = 300.0

log = structlog.get_logger(__name__)


class AdminGate:
    """Lets through who knows the administrator's token.

    Without a token in the settings everybody is let through who comes over loopback, provided
    that the settings name loopback and not production; else nobody. Wrong tokens are counted per
    client address in `storage`; while it is away this process counts by itself. A guess is counted
    before it is compared, so that many at once are no more than one after another.
    """

    def __init__(self, settings: Settings, storage: Storage) -> None:
        token = settings.admin_token
        self._token = token.get_secret_value().encode() if token else b""
        self._is_open = settings.env != "production" and is_loopback(settings.server.host)
        self._guesses = CallLimit(storage, "admin", calls=_MOST_FAILURES, seconds=_FAILURE_SECONDS)

    @property
    def needs_token(self) -> bool:
        """Whether nobody gets through without a token."""
        return bool(self._token) or not self._is_open

    async def check(self, authorization: str | None, address: str) -> None:
        """Raise `Forbidden`, with `admin_required` or after too many wrong tokens, or let through.

        `authorization` is the header as it was sent.
        """
        # An ASGI server started by hand may listen elsewhere than the settings say.
        if not self.needs_token and is_loopback(address):
            return
        scheme, _, given = (authorization or "").partition(" ")
        if not self._token or scheme.lower() != "bearer":
            raise Forbidden(ErrorCode.ADMIN_REQUIRED)
        await self._guesses.spend(address)
        if not hmac.compare_digest(given.strip().encode(), self._token):
            log.warning("admin.refused", address=address)
            raise Forbidden(ErrorCode.ADMIN_REQUIRED)
        await self._guesses.give_back(address)


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
