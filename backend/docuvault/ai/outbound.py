"""The way out to addresses that people typed in: connected to as vetted, and nowhere else."""

import httpx2

from docuvault.ai.addresses import IPAddress, Origin, literal_of, origin_of
from docuvault.ai.guard import OutboundGuard
from docuvault.domain.errors import DependencyUnavailable, ErrorCode


class GuardedTransport(httpx2.AsyncBaseTransport):
    """HTTP to one origin only, each connection to an address that was vetted for it.

    The address takes the host's place in the request's URL, while the Host header and the name in
    the TLS handshake, which the certificate must match, stay. No proxy of the environment is used.
    """

    def __init__(self, origin: Origin, guard: OutboundGuard) -> None:
        self._origin = origin
        self._guard = guard
        self._inner = httpx2.AsyncHTTPTransport(trust_env=False)

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send the request; raises `DependencyUnavailable` when nothing may be connected to."""
        if origin_of(str(request.url.copy_with(raw_path=b"/"))) != self._origin:
            raise DependencyUnavailable(ErrorCode.AI_UNAVAILABLE)
        failure: httpx2.TransportError | None = None
        for address in await self._guard.vetted(self._origin):
            try:
                return await self._inner.handle_async_request(self._to(request, address))
            except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
                failure = error  # nothing was sent; perhaps the next address answers
        raise failure or httpx2.ConnectError("no address")

    async def aclose(self) -> None:
        """Close all connections."""
        await self._inner.aclose()

    def _to(self, request: httpx2.Request, address: IPAddress) -> httpx2.Request:
        extensions = {**request.extensions}
        if literal_of(self._origin.host) is None:
            extensions["sni_hostname"] = self._origin.host
        return httpx2.Request(
            request.method,
            request.url.copy_with(host=str(address)),
            headers=request.headers,
            stream=request.stream,
            extensions=extensions,
        )
