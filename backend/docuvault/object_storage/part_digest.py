"""The ETag that an S3 server gives to bytes: of the whole, or of its parts and their number."""

import hashlib

PART_BYTES = 5 * 1024 * 1024


class PartDigest:
    """MD5 of what has been sent, as it must reach the server; no secret depends on it.

    `multipart` says that the object is sent in parts of 5 MiB.
    """

    def __init__(self, *, multipart: bool) -> None:
        self._multipart = multipart
        self._part = _md5()
        self._room = PART_BYTES
        self._parts: list[bytes] = []

    def update(self, data: bytes) -> None:
        """Take in the next bytes, cut in any way."""
        rest = memoryview(data)
        while rest:
            if self._multipart and not self._room:
                self._parts.append(self._part.digest())
                self._part, self._room = _md5(), PART_BYTES
            taken = rest[: self._room] if self._multipart else rest
            self._part.update(taken)
            self._room -= len(taken)
            rest = rest[len(taken) :]

    @property
    def etag(self) -> str:
        """Hexadecimal, with the number of parts behind a dash."""
        if not self._multipart:
            return self._part.hexdigest()
        parts = [*self._parts, self._part.digest()]
        return f"{_md5(b''.join(parts)).hexdigest()}-{len(parts)}"


def _md5(data: bytes = b"") -> "hashlib._Hash":
    return hashlib.md5(data, usedforsecurity=False)
