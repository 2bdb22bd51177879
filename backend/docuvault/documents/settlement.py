"""The end of an upload whose bytes are durable: a new document, or the one that has them."""

import asyncio
import hashlib
from dataclasses import dataclass, field
from uuid import UUID

import structlog

from docuvault.db.models import Document
from docuvault.db.repositories.audit import record
from docuvault.db.repositories.documents import DocumentRepository, KnownDocument, NewDocument
from docuvault.db.repositories.stages import StageRepository
from docuvault.db.repositories.uploads import UploadRepository
from docuvault.db.session import AsyncSession, Database, DuplicateRow, Interrupted
from docuvault.domain.documents import STAGE_ORDER, DocumentStatus, Stage, UploadState
from docuvault.domain.errors import (
    DependencyUnavailable,
    DocuVaultError,
    ErrorCode,
    InvalidInput,
    NotFound,
)
from docuvault.events.base import Event, EventBus
from docuvault.object_storage.base import StorageBackend
from docuvault.queue.base import StageTask, TaskQueue

# Waits before each further try of a transaction that broke off; a database restarts in that time.
_PAUSES = (0.05, 0.2, 0.5, 1.0)

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class UploadOutcome:
    """The document that holds the bytes; `duplicate` when it did so before.

    `document` shows what was written of a new one; it is None when it has to be read. `replayed`
    says that this is the outcome of an earlier request, which was sent again.
    """

    document_id: UUID
    duplicate: bool
    document: Document | None = field(default=None, compare=False)
    sha256: str = field(default="", compare=False)
    replayed: bool = False


class GivenUp(InvalidInput):
    """The sweeper let go of this upload before it ended."""


class Settlement:
    """Writes what became of an upload, in transactions of its own.

    One that breaks off is done once more: it begins by looking for the bytes, and so also finds
    out what became of a COMMIT whose answer was lost.
    """

    def __init__(
        self, database: Database, storage: StorageBackend, queue: TaskQueue, events: EventBus
    ) -> None:
        self._database = database
        self._storage = storage
        self._queue = queue
        self._events = events

    async def settle(self, owner_id: UUID, intent_id: UUID, new: NewDocument) -> UploadOutcome:
        """Make the document visible, or find the one that has these bytes.

        Raises `GivenUp`, `DependencyUnavailable` and `NotFound` when the document that has the
        bytes is deleted meanwhile.
        """
        was_interrupted = False
        for pause in _PAUSES:
            try:
                return await self._settle(owner_id, intent_id, new)
            except DependencyUnavailable as error:
                was_interrupted = was_interrupted or isinstance(error, Interrupted)
                if not was_interrupted:
                    raise
            log.warning("upload.asking_again", document_id=str(new.id))
            await asyncio.sleep(pause)
        return await self._settle(owner_id, intent_id, new)

    async def abandon(self, intent_id: UUID) -> None:
        """End an intent that brought no document; its bytes are removed in due time."""
        try:
            async with self._database.writing(brief=True) as session:
                await UploadRepository(session).close(intent_id, UploadState.ABANDONED)
        except DocuVaultError:
            # The intent stays `receiving`, which the sweeper treats the same.
            log.warning("upload.intent_not_closed", intent_id=str(intent_id))

    async def _settle(self, owner_id: UUID, intent_id: UUID, new: NewDocument) -> UploadOutcome:
        try:
            async with self._database.writing(brief=True) as session:
                documents = DocumentRepository(session, owner_id)
                known = await documents.find_by_hash(new.sha256)
                if known is None:
                    document = await documents.add(new)
                    await _close(session, intent_id)
                    await record(
                        session,
                        owner_id,
                        "document.uploaded",
                        new.id,
                        sha256=new.sha256,
                        size_bytes=new.size_bytes,
                    )
        except DuplicateRow:
            # The same bytes arrived twice at the same moment and the other request won.
            async with self._database.reading() as session:
                known = await DocumentRepository(session, owner_id).find_by_hash(new.sha256)
            if known is None:
                raise DependencyUnavailable(ErrorCode.DB_UNAVAILABLE) from None
        if known is not None:
            return await self._reuse(owner_id, intent_id, new, known)
        await self._announce(owner_id, new.id)
        return UploadOutcome(new.id, duplicate=False, document=document, sha256=new.sha256)

    async def _reuse(
        self, owner_id: UUID, intent_id: UUID, new: NewDocument, known: KnownDocument
    ) -> UploadOutcome:
        """The bytes are known; a row alone is not believed, its object must be there too."""
        outcome = UploadOutcome(known.id, duplicate=known.id != new.id, sha256=new.sha256)
        if known.object_key == new.object_key:
            # The transaction before this one was committed after all.
            await self._announce(owner_id, known.id)
            return outcome
        if await self._object_is_there(known, new.sha256):
            async with self._database.writing(brief=True) as session:
                await UploadRepository(session).close(intent_id, UploadState.ABANDONED)
                await DocumentRepository(session, owner_id).note_integrity(known.id, is_whole=True)
            await self._storage.delete_object(new.object_key)
            return outcome
        log.warning("upload.repaired_missing_object", document_id=str(known.id))
        async with self._database.writing() as session:
            documents = DocumentRepository(session, owner_id)
            # What lies under the old key may be damaged rather than gone; the sweeper removes it.
            await UploadRepository(session).let_go(known.id)
            if not await documents.set_object_key(known.id, new.object_key):
                raise NotFound()
            await documents.note_integrity(known.id, is_whole=True)
            await _close(session, intent_id)
            if known.status is DocumentStatus.FAILED:
                await StageRepository(session).reopen(known.id, STAGE_ORDER, asked_for_only=True)
            await record(session, owner_id, "document.repaired", known.id, sha256=new.sha256)
        await self._announce(owner_id, known.id)
        return outcome

    async def _object_is_there(self, known: KnownDocument, sha256: str) -> bool:
        """Whether the object is there, and byte for byte what was uploaded."""
        try:
            if (await self._storage.stat(known.object_key)).size != known.size_bytes:
                return False
            digest = hashlib.sha256()
            async with self._storage.open_stream(known.object_key) as chunks:
                async for chunk in chunks:
                    digest.update(chunk)
        except NotFound:
            return False
        return digest.hexdigest() == sha256

    async def _announce(self, owner_id: UUID, document_id: UUID) -> None:
        # Side by side: a Redis that hangs costs the time of one.
        await asyncio.gather(
            self._queue.send(StageTask(document_id, Stage.EXTRACT)),
            self._events.publish(Event(owner_id, "document", document_id)),
        )


async def _close(session: AsyncSession, intent_id: UUID) -> None:
    if not await UploadRepository(session).close(intent_id, UploadState.DONE):
        raise GivenUp(ErrorCode.UPLOAD_TIMEOUT)
