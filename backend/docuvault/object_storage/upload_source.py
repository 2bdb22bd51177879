"""What the S3 SDK reads an upload from: bytes at hand, or blocks that are still arriving."""

import asyncio
import io
from queue import SimpleQueue

from docuvault.object_storage.part_digest import PartDigest

# Blocks of about 1 MiB that may wait for the SDK.
_BLOCKS_AHEAD = 4


class UploadAbandoned(Exception):
    """Raised inside the SDK so that it aborts the upload."""


class WholeSource(io.BytesIO):
    """A small object; `total` in bytes, `digest` of all of them."""

    def __init__(self, data: bytes) -> None:
        super().__init__(data)
        self.total = len(data)
        self.ended = True
        self.digest = PartDigest(multipart=False)
        self.digest.update(data)


class ArrivingSource:
    """A bridge from the event loop, which feeds blocks, to the thread that reads them.

    `total` counts the bytes that were read, `digest` is theirs, and `ended` says that the reader
    has seen the end.
    """

    def __init__(self) -> None:
        self.total = 0
        self.digest = PartDigest(multipart=True)
        self.ended = False
        self._loop = asyncio.get_running_loop()
        self._blocks: SimpleQueue[bytes | None] = SimpleQueue()
        self._slots = asyncio.Semaphore(_BLOCKS_AHEAD)
        self._rest = memoryview(b"")
        self._abandoned = False
        self._deserted = False

    async def feed(self, block: bytes) -> bool:
        """Hand over a block when there is room; False when nobody reads any more."""
        await self._slots.acquire()
        if not self._deserted:
            self._blocks.put(block)
        return not self._deserted

    def finish(self) -> None:
        """No more blocks."""
        self._blocks.put(None)

    def abandon(self) -> None:
        """Make the reader fail with `UploadAbandoned`."""
        self._abandoned = True
        self._blocks.put(None)

    def desert(self) -> None:
        """The reader is gone; may be called from any thread."""
        self._deserted = True
        self._loop.call_soon_threadsafe(self._slots.release)

    def read(self, size: int) -> bytes:
        """Up to `size` bytes, fewer only at the end; blocks."""
        pieces: list[memoryview] = []
        while size and not self.ended:
            if not self._rest and not self._next_block():
                break
            pieces.append(self._rest[:size])
            size -= len(pieces[-1])
            self._rest = self._rest[len(pieces[-1]) :]
        data = b"".join(pieces)
        self.total += len(data)
        self.digest.update(data)
        return data

    def _next_block(self) -> bool:
        block = self._blocks.get()
        if self._abandoned:
            raise UploadAbandoned
        if block is None:
            self.ended = True
            return False
        self._loop.call_soon_threadsafe(self._slots.release)
        self._rest = memoryview(block)
        return True
