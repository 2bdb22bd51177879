"""The HTTP client of all remote providers: no redirects, no compression, a bounded response."""

import asyncio
from collections.abc import AsyncIterator, Mapping

import httpx2

from docuvault.ai.provider import (
    MAX_RESPONSE_BYTES,
    UnusableAnswer,
    refused,
    too_slow,
    unreachable,
)
from docuvault.domain.errors import DocuVaultError

_CONNECT_SECONDS = 10.0
_PING_SECONDS = 10.0
# Not every server can list its models; one that says so is there all the same.
_STATUS_NO_LIST = frozenset({404, 405, 501})


class _BoundedStream(httpx2.AsyncByteStream):
    """Passes a response on until it grows beyond its bound."""

    def __init__(self, stream: httpx2.AsyncByteStream) -> None:
        self._stream = stream

    async def __aiter__(self) -> AsyncIterator[bytes]:
        received = 0
        async for chunk in self._stream:
            received += len(chunk)
            if received > MAX_RESPONSE_BYTES:
                raise UnusableAnswer("The answer was far too long.")
            yield chunk

    async def aclose(self) -> None:
        await self._stream.aclose()


async def _bound(response: httpx2.Response) -> None:
    """Keep a response from filling the memory, before its body is read."""
    if response.headers.get("content-encoding", "identity") != "identity":
        # Nobody asked for compression, and a small body could unpack to a huge one.
        raise UnusableAnswer("The answer was compressed, which was not asked for.")
    if isinstance(response.stream, httpx2.AsyncByteStream):
        response.stream = _BoundedStream(response.stream)


def create_http_client(
    timeout: float, transport: httpx2.AsyncBaseTransport | None = None
) -> httpx2.AsyncClient:
    """A client with `timeout` seconds for each step; who passes it on closes it."""
    return httpx2.AsyncClient(
        transport=transport,
        timeout=httpx2.Timeout(timeout, connect=min(timeout, _CONNECT_SECONDS)),
        headers={"Accept-Encoding": "identity"},
        follow_redirects=False,
        event_hooks={"response": [_bound]},
    )


def failure_behind(error: BaseException) -> UnusableAnswer | DocuVaultError | None:
    """The error of ours that a library wrapped in an exception of its own, if it did."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, UnusableAnswer | DocuVaultError):
            return cause
        cause = cause.__cause__
    return None


async def ping(
    client: httpx2.AsyncClient, url: str, headers: Mapping[str, str] | None = None
) -> None:
    """Ask for a list of models and look at the status alone.

    Raises `DependencyUnavailable(ai_unavailable)` after ten seconds at the latest, and
    `ProcessingFailed(ai_invalid_output)` when the request is refused.
    """
    try:
        async with (
            asyncio.timeout(_PING_SECONDS),
            client.stream("GET", url, headers=headers) as response,
        ):
            status = response.status_code
    except (TimeoutError, httpx2.TimeoutException) as error:
        raise too_slow() from error
    except (httpx2.HTTPError, httpx2.InvalidURL, UnusableAnswer) as error:
        raise unreachable() from error
    if not httpx2.codes.is_success(status) and status not in _STATUS_NO_LIST:
        raise refused(status)
