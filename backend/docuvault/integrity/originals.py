"""I1: every live document's original is there, of the right size, and byte for byte."""

import asyncio
import hashlib
from collections.abc import Sequence
from uuid import UUID

from docuvault.db.repositories.integrity import IntegrityRepository, Original
from docuvault.domain.errors import DependencyUnavailable, InvalidInput, NotFound
from docuvault.integrity.base import Inspection, LiveDocumentsCheck, Suspicion
from docuvault.integrity.findings import FindingCode, Invariant

# Originals read at the same time: a slow storage is kept busy, and nobody else is pushed aside.
_AT_ONCE = 4


class OriginalsCheck(LiveDocumentsCheck):
    """Reads every byte, or with `read_bytes=False` only asks for the sizes."""

    invariant = Invariant.ORIGINALS
    subjects = "originals"
    page_size = 200

    def __init__(self, inspection: Inspection, *, read_bytes: bool) -> None:
        super().__init__(inspection)
        self._read_bytes = read_bytes
        self._turns = asyncio.Semaphore(_AT_ONCE)

    async def look(self, keys: Sequence[UUID]) -> list[Suspicion[UUID]]:
        """Compare the objects with the rows.

        Raises `DependencyUnavailable` when not one original but the whole storage cannot be read.
        """
        async with self._vault.database.reading() as session:
            originals = await IntegrityRepository(session).originals(keys)
        try:
            async with asyncio.TaskGroup() as group:
                looks = [group.create_task(self._look_at(original)) for original in originals]
        except ExceptionGroup as errors:
            raise errors.exceptions[0] from errors
        return [suspicion for look in looks if (suspicion := look.result()) is not None]

    async def _look_at(self, original: Original) -> Suspicion[UUID] | None:
        async with self._turns:
            try:
                size = (await self._vault.storage.stat(original.object_key)).size
                digest = await self._digest(original) if self._read_bytes else original.sha256
            except NotFound:
                return _suspicion(
                    original,
                    FindingCode.ORIGINAL_MISSING,
                    f"The object {original.object_key} is not in the object storage.",
                )
            except (DependencyUnavailable, InvalidInput) as error:
                outage = isinstance(error, DependencyUnavailable)
                if outage and not await self._vault.storage.health_check():
                    raise
                return _suspicion(
                    original,
                    FindingCode.ORIGINAL_UNREADABLE,
                    f"The object {original.object_key} cannot be read, though the object storage"
                    " answers."
                    if outage
                    else f"The object key {original.object_key!r} is not well-formed, or a link"
                    " stands in its way.",
                )
        if size != original.size_bytes:
            return _suspicion(
                original,
                FindingCode.ORIGINAL_SIZE,
                f"The object {original.object_key} has {size} bytes;"
                f" the row says {original.size_bytes}.",
            )
        if digest != original.sha256:
            return _suspicion(
                original,
                FindingCode.ORIGINAL_CHANGED,
                f"The bytes of the object {original.object_key} do not have the SHA-256 of the"
                " row: one of the two was changed.",
            )
        return None

    async def _digest(self, original: Original) -> str:
        digest = hashlib.sha256()
        async with self._vault.storage.open_stream(original.object_key) as chunks:
            async for chunk in chunks:
                await asyncio.to_thread(digest.update, chunk)
        return digest.hexdigest()


def _suspicion(original: Original, code: FindingCode, sentence: str) -> Suspicion[UUID]:
    return Suspicion(original.document_id, code, f"document {original.document_id}", sentence)
