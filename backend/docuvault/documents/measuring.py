"""Counting, hashing and limiting a stream of bytes in the one pass that it makes."""

import hashlib
from collections.abc import AsyncIterator

from docuvault.domain.errors import ErrorCode, InvalidInput, PayloadTooLarge

# Enough of a file's head to tell its type.
HEAD_BYTES = 16 * 1024
_MIB = 1024 * 1024


class MeasuredStream:
    """Passes chunks on unchanged; `size` and `sha256` speak of what has passed so far.

    The end of a stream is an error where another hash was expected, so that whoever stores it
    keeps nothing.
    """

    def __init__(
        self, chunks: AsyncIterator[bytes], limit: int, expected_sha256: str | None = None
    ) -> None:
        self._chunks = chunks
        self._limit = limit
        self._expected_sha256 = expected_sha256
        self._hash = hashlib.sha256()
        self._held: list[bytes] = []
        self.size = 0

    @property
    def sha256(self) -> str:
        """Hexadecimal digest of the bytes that have passed."""
        return self._hash.hexdigest()

    async def head(self) -> bytes:
        """The first bytes, read ahead; they are passed on all the same."""
        length = sum(len(chunk) for chunk in self._held)
        while length < HEAD_BYTES and (chunk := await anext(self._chunks, None)) is not None:
            self._held.append(chunk)
            length += len(chunk)
        return b"".join(self._held)

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """The chunks; `PayloadTooLarge` as soon as there are too many bytes.

        At the end `InvalidInput(idempotency_conflict)`, if they are not the bytes expected.
        """
        while self._held:
            yield self._measure(self._held.pop(0))
        async for chunk in self._chunks:
            yield self._measure(chunk)
        if self._expected_sha256 not in (None, self.sha256):
            raise InvalidInput(ErrorCode.IDEMPOTENCY_CONFLICT)

    def _measure(self, chunk: bytes) -> bytes:
        self.size += len(chunk)
        if self.size > self._limit:
            raise PayloadTooLarge(
                ErrorCode.FILE_TOO_LARGE,
                f"The file is larger than the {self._limit / _MIB:g} MiB that this vault accepts.",
            )
        self._hash.update(chunk)
        return chunk
