"""The HTTP client of all remote providers: no redirects, no compression, a bounded response."""

from collections.abc import AsyncIterator

import httpx2

from docuvault.ai.provider import MAX_RESPONSE_BYTES, UnusableAnswer

_CONNECT_SECONDS = 10.0


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


def create_http_client(timeout: float) -> httpx2.AsyncClient:
    """A client with `timeout` seconds for each step; who passes it on closes it."""
    return httpx2.AsyncClient(
        timeout=httpx2.Timeout(timeout, connect=min(timeout, _CONNECT_SECONDS)),
        headers={"Accept-Encoding": "identity"},
        follow_redirects=False,
        event_hooks={"response": [_bound]},
    )


def unusable_answer_behind(error: BaseException) -> UnusableAnswer | None:
    """The `UnusableAnswer` that a library wrapped in an exception of its own, if it did."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, UnusableAnswer):
            return cause
        cause = cause.__cause__
    return None
