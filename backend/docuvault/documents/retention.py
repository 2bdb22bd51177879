"""Removing for good what was deleted, and what uploads left behind that never finished."""

from uuid import UUID

import structlog

from docuvault.config.settings import UploadSettings
from docuvault.db.repositories.deletions import deleted_ids, find_deleted, remove
from docuvault.db.repositories.uploads import UploadRepository
from docuvault.db.session import Database
from docuvault.object_storage.base import StorageBackend

log = structlog.get_logger(__name__)

_BATCH = 100


class Retention:
    """Safe to repeat at any point: the row goes last, so whatever is left is found again."""

    def __init__(
        self, database: Database, storage: StorageBackend, settings: UploadSettings
    ) -> None:
        self._database = database
        self._storage = storage
        self._settings = settings

    async def waiting(self) -> list[UUID]:
        """Deleted documents that still hold bytes, the oldest first."""
        async with self._database.reading() as session:
            return await deleted_ids(session, _BATCH)

    async def is_waiting(self, document_id: UUID) -> bool:
        """Whether this document was deleted and still holds bytes."""
        async with self._database.reading() as session:
            return await find_deleted(session, document_id) is not None

    async def remove_document(self, document_id: UUID) -> None:
        """Remove the bytes and then the rows of a deleted document."""
        async with self._database.reading() as session:
            deleted = await find_deleted(session, document_id)
        if deleted is None:
            return
        await self._storage.delete_object(deleted.object_key)
        async with self._database.writing() as session:
            await remove(session, document_id)
        log.info("document.purged", document_id=str(document_id))

    async def remove_orphans(self) -> int:
        """Remove the bytes of uploads that never became a document; returns how many."""
        age = self._settings.intent_hours * 3600
        async with self._database.writing() as session:
            uploads = UploadRepository(session)
            # First nobody can finish them any more, then their bytes go.
            await uploads.give_up(age)
            stale = await uploads.stale(age, _BATCH)
            await uploads.forget_done(age, _BATCH)
        for upload in stale:
            await self._storage.delete_object(upload.object_key)
            async with self._database.writing() as session:
                await UploadRepository(session).forget(upload.id)
        return len(stale)
