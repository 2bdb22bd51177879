"""The answer to one GET request, read block by block."""

from collections.abc import Callable

import urllib3

from docuvault.object_storage.base import CHUNK_BYTES


class Download:
    """Bytes of an object on their way; `remaining` counts those still to come.

    `request` asks for them, and gives None where the range holds none. Every call but `close`
    blocks, and raises what `request` and urllib3 raise, also for an answer that is cut off.
    """

    def __init__(self, request: Callable[[], urllib3.BaseHTTPResponse | None]) -> None:
        self._request = request
        self._response: urllib3.BaseHTTPResponse | None = None
        self.remaining = 0

    def open(self) -> bytes:
        """Send the request and read the first block."""
        self._response = self._request()
        if self._response is None:
            return b""
        announced = self._response.headers.get("Content-Length")
        if announced is None:
            raise urllib3.exceptions.HTTPError("an answer of unknown length may be cut off unseen")
        self.remaining = int(announced)
        return self.read()

    def read(self) -> bytes:
        """The next block, at most 1 MiB."""
        if self._response is None:
            return b""
        block = self._response.read(CHUNK_BYTES)
        self.remaining -= len(block)
        return block

    def close(self) -> None:
        """Give the connection back."""
        if self._response is not None:
            # Closed first: a connection with unread bytes must not be used again.
            self._response.close()
            self._response.release_conn()
