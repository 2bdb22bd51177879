"""The object storage port: originals go in once, are read often, and never change."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from docuvault.domain.errors import NotFound
from docuvault.object_storage.marker import MARKER_BYTES, MARKER_KEY, marker_text

CHUNK_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class ObjectStat:
    """What the storage says of one object; `size` in bytes."""

    key: str
    size: int
    modified_at: datetime


def new_object_key(owner_id: UUID, document_id: UUID, extension: str) -> str:
    """`{owner}/{document}/{uuid4}{ext}`: unguessable, and never the human file name.

    `extension` has its dot (`.pdf`) or is empty; all but ASCII letters and digits is dropped.
    """
    clean = "".join(c for c in extension.lower().lstrip(".") if c.isascii() and c.isalnum())[:16]
    return f"{owner_id}/{document_id}/{uuid4()}{'.' + clean if clean else ''}"


class StorageBackend(ABC):
    """Durable bytes under keys.

    A put that returns is durable; a put that raises leaves nothing under its key.
    Errors: `NotFound(storage_object_missing)` for an absent key, `DependencyUnavailable(
    storage_unavailable)` when the storage does not answer, `InsufficientStorage` when it is full,
    `InvalidInput` for a key that is not well-formed.
    """

    async def put_object(
        self, owner_id: UUID, document_id: UUID, data: bytes, extension: str, content_type: str
    ) -> str:
        """Store a small object under a new key and return the key."""

        async def chunks() -> AsyncIterator[bytes]:
            yield data

        key = new_object_key(owner_id, document_id, extension)
        await self.put_stream(key, chunks(), content_type)
        return key

    async def get_object(self, key: str) -> bytes:
        """All bytes of a small object."""
        async with self.open_stream(key) as chunks:
            return b"".join([chunk async for chunk in chunks])

    async def read_marker(self) -> str | None:
        """The id of the vault that the storage belongs to; None when it bears no mark."""
        try:
            async with self.open_stream(MARKER_KEY, 0, MARKER_BYTES) as chunks:
                return marker_text(b"".join([chunk async for chunk in chunks]))
        except NotFound:
            return None

    async def write_marker(self, installation_id: str) -> None:
        """Mark the storage as that of this vault, durably, in place of any other mark."""

        async def chunks() -> AsyncIterator[bytes]:
            yield installation_id.encode()

        await self.put_stream(MARKER_KEY, chunks(), "text/plain")

    @abstractmethod
    async def put_stream(self, key: str, chunks: AsyncIterator[bytes], content_type: str) -> int:
        """Store the chunks under `key` and return how many bytes are durable there.

        An error raised by `chunks` passes through, and nothing stays under the key.
        """

    @abstractmethod
    def open_stream(
        self, key: str, start: int = 0, length: int | None = None
    ) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Chunks of the object from byte `start`, at most `length` bytes of it.

        The object is looked up when the context is entered. A start at or behind the end gives no
        bytes.
        """

    @abstractmethod
    async def stat(self, key: str) -> ObjectStat:
        """Size and time of one object."""

    @abstractmethod
    async def delete_object(self, key: str) -> None:
        """Remove an object; an absent one is no error."""

    @abstractmethod
    def list_objects(self, prefix: str = "") -> AsyncIterator[ObjectStat]:
        """All objects whose key begins with `prefix`, in the order of their keys."""

    @abstractmethod
    async def presigned_get_url(self, key: str, expires_minutes: int = 60) -> str:
        """A link that gives the object to whoever holds it, for so long.

        Raises `InvalidInput` where the storage has no such links.
        """

    @abstractmethod
    async def verify(self) -> None:
        """Make sure at the start that the storage is usable; says in plain words what is not."""

    @abstractmethod
    async def health_check(self) -> bool:
        """Whether the storage answers and the bucket or folder is there; never raises."""

    @abstractmethod
    async def close(self) -> None:
        """Give back connections and threads."""
