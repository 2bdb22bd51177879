"""Taking a file in: nothing is acknowledged before it is durable, and nothing durable is forgotten.

Order (docs/decisions/0006): intent row, COMMIT; bytes to the object storage, hashed and counted on
the way; document and stage rows, COMMIT; only then the answer and the hint to the queue.
"""

import hashlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import structlog

from docuvault.config.settings import UploadSettings
from docuvault.db.models import Document
from docuvault.db.repositories.audit import record
from docuvault.db.repositories.documents import DocumentRepository, KnownDocument, NewDocument
from docuvault.db.repositories.stages import StageRepository
from docuvault.db.repositories.uploads import UploadRepository
from docuvault.db.session import AsyncSession, Database, DuplicateRow
from docuvault.documents.measuring import MeasuredStream
from docuvault.documents.names import clean_name, extension_of, title_from
from docuvault.domain.documents import STAGE_ORDER, DocumentStatus, Stage, UploadState
from docuvault.domain.errors import (
    DependencyUnavailable,
    DocuVaultError,
    ErrorCode,
    InvalidInput,
    NotFound,
    UnsupportedContent,
)
from docuvault.events.base import Event, EventBus
from docuvault.extraction.sniff import conflicts, sniff
from docuvault.object_storage.base import StorageBackend, new_object_key
from docuvault.queue.base import StageTask, TaskQueue

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class UploadOutcome:
    """The document that holds the bytes; `duplicate` when it did so before.

    `document` shows what was written of a new one; it is None for a duplicate.
    """

    document_id: UUID
    duplicate: bool
    document: Document | None = field(default=None, compare=False)


class _GivenUp(InvalidInput):
    """The sweeper let go of this upload before it ended."""


class UploadService:
    """Stores one file at a time; it owns its transactions, since it needs more than one."""

    def __init__(
        self,
        database: Database,
        storage: StorageBackend,
        queue: TaskQueue,
        events: EventBus,
        settings: UploadSettings,
    ) -> None:
        self._database = database
        self._storage = storage
        self._queue = queue
        self._events = events
        self._settings = settings

    async def store(
        self,
        owner_id: UUID,
        raw_name: str,
        chunks: AsyncIterator[bytes],
        auto_classify: Callable[[], bool],
    ) -> UploadOutcome:
        """Keep the file and return the document that holds it.

        `auto_classify` is asked after the last chunk, since the form may say it after the file.
        No database connection is held while bytes arrive.
        """
        name = clean_name(raw_name)
        stream = MeasuredStream(chunks, self._settings.max_bytes)
        head = await stream.head()
        if not head:
            raise InvalidInput(ErrorCode.EMPTY_FILE)
        media_type = sniff(head, name)
        if conflicts(media_type, name):
            raise UnsupportedContent(ErrorCode.TYPE_MISMATCH)

        document_id = uuid4()
        key = new_object_key(owner_id, document_id, extension_of(name))
        async with self._database.writing(brief=True) as session:
            intent_id = await UploadRepository(session).open(owner_id, document_id, key)
        try:
            stored = await self._storage.put_stream(key, aiter(stream), media_type)
            if stored != stream.size:
                raise DependencyUnavailable(
                    ErrorCode.STORAGE_UNAVAILABLE,
                    "The object storage kept fewer bytes than were sent; nothing was accepted.",
                )
            new = NewDocument(
                id=document_id,
                title=title_from(name),
                original_name=name,
                media_type=media_type,
                size_bytes=stream.size,
                sha256=stream.sha256,
                object_key=key,
                auto_classify=auto_classify(),
            )
            outcome = await self._settle(owner_id, intent_id, new)
        except _GivenUp:
            # Nothing points at these bytes any more, and no sweeper will look for them.
            await self._storage.delete_object(key)
            raise
        except BaseException:
            # Also when the client leaves: the intent ends, and the sweeper removes what lies there.
            await self._abandon(intent_id)
            raise
        log.info(
            "upload.stored",
            document_id=str(outcome.document_id),
            size_bytes=stream.size,
            media_type=media_type,
            duplicate=outcome.duplicate,
        )
        return outcome

    async def _settle(self, owner_id: UUID, intent_id: UUID, new: NewDocument) -> UploadOutcome:
        """Make the document visible, or find the one that has these bytes."""
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
        return UploadOutcome(new.id, duplicate=False, document=document)

    async def _reuse(
        self, owner_id: UUID, intent_id: UUID, new: NewDocument, known: KnownDocument
    ) -> UploadOutcome:
        """The bytes are known; a row alone is not believed, its object must be there too."""
        if await self._object_is_there(known, new.sha256):
            await self._abandon(intent_id)
            await self._storage.delete_object(new.object_key)
            return UploadOutcome(known.id, duplicate=True)
        log.warning("upload.repaired_missing_object", document_id=str(known.id))
        async with self._database.writing() as session:
            documents = DocumentRepository(session, owner_id)
            # What lies under the old key may be damaged rather than gone; the sweeper removes it.
            await UploadRepository(session).let_go(known.id)
            if not await documents.set_object_key(known.id, new.object_key):
                raise NotFound()
            await _close(session, intent_id)
            if known.status is DocumentStatus.FAILED:
                await StageRepository(session).reopen(known.id, STAGE_ORDER, asked_for_only=True)
            await record(session, owner_id, "document.repaired", known.id, sha256=new.sha256)
        await self._announce(owner_id, known.id)
        return UploadOutcome(known.id, duplicate=True)

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
        await self._queue.send(StageTask(document_id, Stage.EXTRACT))
        await self._events.publish(Event(owner_id, "document", document_id))

    async def _abandon(self, intent_id: UUID) -> None:
        try:
            async with self._database.writing(brief=True) as session:
                await UploadRepository(session).close(intent_id, UploadState.ABANDONED)
        except DocuVaultError:
            # The intent stays `receiving`, which the sweeper treats the same.
            log.warning("upload.intent_not_closed", intent_id=str(intent_id))


async def _close(session: AsyncSession, intent_id: UUID) -> None:
    if not await UploadRepository(session).close(intent_id, UploadState.DONE):
        raise _GivenUp(ErrorCode.UPLOAD_TIMEOUT)
