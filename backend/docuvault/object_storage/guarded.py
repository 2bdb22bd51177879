"""A storage that is only worked on while it is the one of this vault: it bears the vault's id."""

import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from docuvault.domain.errors import DependencyUnavailable, ErrorCode, NotFound
from docuvault.object_storage.base import ObjectStat, StorageBackend

# One look at the mark serves so long; a missing object is always a reason to look again.
_FRESH_SECONDS = 1.0
_MISSING = (
    "The object storage is not the one that this vault has used: its mark is missing, as in an"
    " empty bucket or in a folder that is not mounted. Bring back the right one, or run"
    " `docuvault storage adopt` to go on with this one."
)
_FOREIGN = (
    "The object storage belongs to another vault: its mark is not that of this database. Bring"
    " back the right one, or run `docuvault storage adopt` to take this one over."
)


def mismatch(marker: str | None) -> DependencyUnavailable:
    """The error for a storage with this mark in place of ours; it says what to do."""
    return DependencyUnavailable(
        ErrorCode.STORAGE_IDENTITY_MISMATCH, _MISSING if marker is None else _FOREIGN
    )


class GuardedStorage(StorageBackend):
    """Passes everything on to a driver, but changes nothing in a storage that bears another mark.

    There nothing counts as missing either: then all calls but listings raise
    `DependencyUnavailable(storage_identity_mismatch)`, so that work waits for the right storage.
    With no `installation_id` there is nothing to compare yet, and every storage will do.
    """

    def __init__(self, driver: StorageBackend, installation_id: str | None) -> None:
        self._driver = driver
        self._installation_id = installation_id
        self._seen_at = -float("inf")

    async def require_own(self) -> None:
        """Read the mark; raises `DependencyUnavailable` unless it is ours."""
        marker = await self._driver.read_marker()
        if self._installation_id not in (marker, None):
            self._seen_at = -float("inf")
            raise mismatch(marker)
        self._seen_at = time.monotonic()

    async def read_marker(self) -> str | None:
        """Whatever mark the storage bears."""
        return await self._driver.read_marker()

    async def write_marker(self, installation_id: str) -> None:
        """Mark the storage."""
        await self._driver.write_marker(installation_id)

    async def put_stream(self, key: str, chunks: AsyncIterator[bytes], content_type: str) -> int:
        """Store the chunks."""
        await self._require_lately()
        return await self._driver.put_stream(key, chunks, content_type)

    @asynccontextmanager
    async def open_stream(
        self, key: str, start: int = 0, length: int | None = None
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        """Chunks of the object."""
        async with AsyncExitStack() as stack:
            try:
                chunks = await stack.enter_async_context(
                    self._driver.open_stream(key, start, length)
                )
            except NotFound:
                await self.require_own()
                raise
            yield chunks

    async def stat(self, key: str) -> ObjectStat:
        """Size and time of one object."""
        try:
            return await self._driver.stat(key)
        except NotFound:
            await self.require_own()
            raise

    async def delete_object(self, key: str) -> None:
        """Remove an object."""
        await self._require_lately()
        await self._driver.delete_object(key)

    def list_objects(self, prefix: str = "") -> AsyncIterator[ObjectStat]:
        """All objects."""
        return self._driver.list_objects(prefix)

    async def presigned_get_url(self, key: str, expires_minutes: int = 60) -> str:
        """A link."""
        return await self._driver.presigned_get_url(key, expires_minutes)

    async def verify(self) -> None:
        """Make sure that the storage is usable."""
        await self._driver.verify()

    async def health_check(self) -> bool:
        """Whether the storage answers."""
        return await self._driver.health_check()

    async def close(self) -> None:
        """Give back connections and threads."""
        await self._driver.close()

    async def _require_lately(self) -> None:
        if time.monotonic() - self._seen_at >= _FRESH_SECONDS:
            await self.require_own()
