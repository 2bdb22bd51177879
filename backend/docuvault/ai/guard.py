"""Decides where the vault may connect to on behalf of addresses that people typed in."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence

import structlog

from docuvault.ai.addresses import (
    AddressRefused,
    IPAddress,
    Origin,
    is_local_name,
    is_public,
    literal_of,
    normal_hosts,
    origin_of,
)
from docuvault.domain.errors import DependencyUnavailable, ErrorCode

Resolver = Callable[[str, int], Awaitable[Sequence[IPAddress]]]
"""All addresses of a host name; raises `OSError` when there are none."""

_RESOLVE_SECONDS = 5.0
# A name with more is none of a provider; each costs up to a connection's timeout.
_MOST_ADDRESSES = 4

log = structlog.get_logger(__name__)


async def resolve(host: str, port: int) -> Sequence[IPAddress]:
    """Ask the system's resolver; raises `OSError`."""
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    addresses = [literal_of(str(entry[4][0])) for entry in found]
    return list(dict.fromkeys(address for address in addresses if address is not None))


class OutboundGuard:
    """Knows which hosts may be connected to: public ones, and those that the environment allows."""

    def __init__(self, allowed_hosts: Sequence[str] = (), resolver: Resolver = resolve) -> None:
        self._allowed = normal_hosts(allowed_hosts)
        self._resolver = resolver

    async def check(self, base_url: str) -> Origin:
        """Refuse an address before it is kept: `AddressRefused`.

        A name that cannot be resolved just now passes; every connection looks again.
        """
        origin = origin_of(base_url)
        try:
            addresses = await self._addresses(origin)
        except (OSError, TimeoutError):
            addresses = []
        if not self._permits(origin, addresses):
            raise AddressRefused(
                "The address leads into an internal network. Only public hosts may be named here,"
                " besides those that DOCUVAULT_AI__ALLOWED_HOSTS lists."
            )
        return origin

    async def vetted(self, origin: Origin) -> Sequence[IPAddress]:
        """Where to connect to, resolved now and once; raises `DependencyUnavailable`."""
        try:
            addresses = await self._addresses(origin)
        except (OSError, TimeoutError):
            raise DependencyUnavailable(
                ErrorCode.AI_UNAVAILABLE, "The AI provider's host name cannot be resolved."
            ) from None
        if not self._permits(origin, addresses):
            log.warning("ai.address_refused", host=origin.host)
            raise DependencyUnavailable(
                ErrorCode.AI_UNAVAILABLE,
                "The AI provider's address leads into an internal network, so the vault does not"
                " connect to it.",
            )
        return addresses[:_MOST_ADDRESSES]

    async def _addresses(self, origin: Origin) -> Sequence[IPAddress]:
        literal = literal_of(origin.host)
        if literal is not None:
            return [literal]
        async with asyncio.timeout(_RESOLVE_SECONDS):
            addresses = await self._resolver(origin.host, origin.port)
        if not addresses:
            raise OSError("no addresses")
        return addresses

    def _permits(self, origin: Origin, addresses: Sequence[IPAddress]) -> bool:
        if origin.host in self._allowed:
            return True
        # One internal address among public ones is enough: nobody knows which would be taken.
        return not is_local_name(origin.host) and all(map(is_public, addresses))
