"""Objects as files below one folder, durable and without a server."""

import asyncio
import errno
import os
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import aclosing, asynccontextmanager
from itertools import islice
from pathlib import Path
from uuid import uuid4

import structlog

from docuvault.domain.errors import DependencyUnavailable, DocuVaultError, ErrorCode, InvalidInput
from docuvault.object_storage.base import CHUNK_BYTES, ObjectStat, StorageBackend
from docuvault.object_storage.file_tree import FileTree, storage_error
from docuvault.object_storage.keys import check_range, split_key
from docuvault.object_storage.threads import Running, Threads

_THREADS = 8
_PAGE = 1000
# What one call of writev takes on every system.
_BATCH_CHUNKS = 1024

log = structlog.get_logger(__name__)


class FilesystemBackend(StorageBackend):
    """Objects as files below `root`; a put that would leave less than `reserve_bytes` is refused.

    Everything blocking runs in a few threads of its own, about once per MiB. A cancelled call
    waits until its thread has let go of the file.
    """

    def __init__(self, root: Path, *, reserve_bytes: int, must_exist: bool = False) -> None:
        self._tree = FileTree(root, reserve_bytes, must_exist=must_exist)
        self._threads = Threads(_THREADS, "objects", storage_error)

    async def verify(self) -> None:
        """Make the root where it is missing and remove what a killed process left behind.

        Any other call does so first, too. Raises `DependencyUnavailable`.
        """
        await self._threads.run(self._tree.open)

    async def put_stream(self, key: str, chunks: AsyncIterator[bytes], content_type: str) -> int:
        """Store the chunks durably under `key`; the content type is not kept."""
        incoming = _IncomingFile(self._tree, split_key(key))
        writing: Running[Path] | None = None
        try:
            batch: list[bytes] = []
            size = 0
            async for chunk in chunks:
                batch.append(chunk)
                size += len(chunk)
                if size >= CHUNK_BYTES or len(batch) == _BATCH_CHUNKS:
                    # Written while the next chunks arrive.
                    if writing is not None:
                        await writing.result()
                    writing = self._threads.start(incoming.write, batch)
                    batch, size = [], 0
            if writing is not None:
                await writing.result()
            return await self._threads.run(incoming.commit, batch)
        except BaseException:
            if writing is not None:
                await writing.withdraw()
            await self._discard(incoming)
            raise

    @asynccontextmanager
    async def open_stream(
        self, key: str, start: int = 0, length: int | None = None
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        """Chunks of at most 1 MiB; the first is read together with the look-up."""
        check_range(start, length)
        reader = _FileReader(self._tree, split_key(key), start, length)
        try:
            first = await self._threads.run(reader.open)
            async with aclosing(self._blocks(reader, first)) as blocks:
                yield blocks
        finally:
            reader.close()

    async def stat(self, key: str) -> ObjectStat:
        """Size and time of one object."""
        return await self._threads.run(self._tree.stat, split_key(key))

    async def delete_object(self, key: str) -> None:
        """Remove an object and the folders that it leaves empty."""
        await self._threads.run(self._tree.remove, split_key(key))

    async def list_objects(self, prefix: str = "") -> AsyncIterator[ObjectStat]:
        """All objects whose key begins with `prefix`, in the order of their keys."""
        found = self._tree.walk(prefix)
        while page := await self._threads.run(_page, found):
            for item in page:
                yield item

    async def presigned_get_url(self, key: str, expires_minutes: int = 60) -> str:
        """Always `InvalidInput`: files have no links of their own."""
        split_key(key)
        raise InvalidInput(ErrorCode.MALFORMED_REQUEST, "This object storage has no signed links.")

    async def health_check(self) -> bool:
        """Whether the folder is there and may be written to."""
        try:
            return await self._threads.run(self._tree.is_usable)
        except DocuVaultError:
            return False

    async def close(self) -> None:
        """Wait for running calls and end the threads; an unfinished put fails."""
        await self._threads.close()
        await asyncio.to_thread(self._tree.close)

    async def _blocks(self, reader: "_FileReader", first: bytes) -> AsyncGenerator[bytes, None]:
        block = first
        while block:
            yield block
            block = await self._threads.run(reader.read) if reader.remaining else b""

    async def _discard(self, incoming: "_IncomingFile") -> None:
        try:
            discarding = self._threads.start(incoming.discard)
        except DependencyUnavailable:
            # Closed meanwhile, and the temporary file is gone with the folder of this process.
            incoming.discard()
            return
        await discarding.settle()
        if discarding.error is not None:
            # The reason for which it is discarded matters more to the caller.
            log.warning("object_storage.discard_failed", error=type(discarding.error).__name__)


class _IncomingFile:
    """A file that is being received: `commit` gives it its key, `discard` leaves nothing."""

    def __init__(self, tree: FileTree, segments: Sequence[str]) -> None:
        self._tree = tree
        self._segments = segments
        self._path: Path | None = None
        self._descriptor = -1
        self._size = 0
        self._placed = False

    def write(self, batch: Sequence[bytes]) -> Path:
        size = sum(map(len, batch))
        self._tree.check_space(size)
        if self._path is None:
            path = self._tree.open() / uuid4().hex
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
            self._descriptor = os.open(path, flags, 0o600)
            self._path = path
        _write_all(self._descriptor, batch)
        self._size += size
        return self._path

    def commit(self, batch: Sequence[bytes]) -> int:
        path = self.write(batch)
        os.fsync(self._descriptor)
        if os.fstat(self._descriptor).st_size != self._size:
            raise OSError(errno.EIO, "the file does not hold what was written")
        self._close()
        self._tree.place(path, self._segments)
        self._placed = True
        return self._size

    def discard(self) -> None:
        self._close()
        if self._placed:
            self._tree.remove(self._segments)
        elif self._path is not None:
            self._path.unlink(missing_ok=True)

    def _close(self) -> None:
        if self._descriptor >= 0:
            descriptor, self._descriptor = self._descriptor, -1
            os.close(descriptor)


class _FileReader:
    """An object that is being read; `remaining` counts the bytes still to come."""

    def __init__(
        self, tree: FileTree, segments: Sequence[str], start: int, length: int | None
    ) -> None:
        self._tree = tree
        self._segments = segments
        self._position = start
        self._length = length
        self._descriptor = -1
        self.remaining = 0

    def open(self) -> bytes:
        self._descriptor = self._tree.open_file(self._segments)
        size = max(0, os.fstat(self._descriptor).st_size - self._position)
        self.remaining = size if self._length is None else min(size, self._length)
        return self.read()

    def read(self) -> bytes:
        wanted = min(CHUNK_BYTES, self.remaining)
        block = os.pread(self._descriptor, wanted, self._position)
        if wanted and not block:
            raise OSError(errno.EIO, "the file became shorter while it was read")
        self._position += len(block)
        self.remaining -= len(block)
        return block

    def close(self) -> None:
        if self._descriptor >= 0:
            descriptor, self._descriptor = self._descriptor, -1
            os.close(descriptor)


def _write_all(descriptor: int, batch: Sequence[bytes]) -> None:
    views = [memoryview(chunk) for chunk in reversed(batch)]
    while views:
        written = os.writev(descriptor, views[::-1])
        while views and written >= len(views[-1]):
            written -= len(views.pop())
        if written:
            views[-1] = views[-1][written:]


def _page(found: Iterator[ObjectStat]) -> list[ObjectStat]:
    return list(islice(found, _PAGE))
