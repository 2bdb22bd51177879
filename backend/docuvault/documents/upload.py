"""Taking a file in: nothing is acknowledged before it is durable, and nothing durable is forgotten.

Order (docs/decisions/0006): intent row, COMMIT; bytes to the object storage, hashed and counted on
the way; document and stage rows, COMMIT; only then the answer and the hint to the queue.
"""

from collections.abc import AsyncIterator, Callable
from uuid import UUID, uuid4

import structlog

from docuvault.config.settings import UploadSettings
from docuvault.db.repositories.documents import NewDocument
from docuvault.db.repositories.uploads import UploadRepository
from docuvault.db.session import Database
from docuvault.documents.measuring import MeasuredStream
from docuvault.documents.names import clean_name, extension_of, title_from
from docuvault.documents.settlement import GivenUp, Settlement, UploadOutcome
from docuvault.domain.errors import (
    DependencyUnavailable,
    ErrorCode,
    InvalidInput,
    UnsupportedContent,
)
from docuvault.events.base import EventBus
from docuvault.extraction.sniff import conflicts, sniff
from docuvault.object_storage.base import StorageBackend, new_object_key
from docuvault.queue.base import TaskQueue

__all__ = ["UploadOutcome", "UploadService"]

log = structlog.get_logger(__name__)


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
        self._settlement = Settlement(database, storage, queue, events)
        self._settings = settings

    async def store(
        self,
        owner_id: UUID,
        raw_name: str,
        chunks: AsyncIterator[bytes],
        auto_classify: Callable[[], bool],
        *,
        expected_sha256: str | None = None,
    ) -> UploadOutcome:
        """Keep the file and return the document that holds it.

        `auto_classify` is asked after the last chunk, since the form may say it after the file.
        Bytes of another hash than the one expected are not kept: `idempotency_conflict`.
        No database connection is held while bytes arrive, and none of the body beyond its head is
        read while the database is away.
        """
        name = clean_name(raw_name)
        stream = MeasuredStream(chunks, self._settings.max_bytes, expected_sha256)
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
            outcome = await self._settlement.settle(owner_id, intent_id, new)
        except GivenUp:
            # Nothing points at these bytes any more, and no sweeper will look for them.
            await self._storage.delete_object(key)
            raise
        except BaseException:
            # Also when the client leaves: the intent ends, and the sweeper removes what lies there.
            await self._settlement.abandon(intent_id)
            raise
        log.info(
            "upload.stored",
            document_id=str(outcome.document_id),
            size_bytes=stream.size,
            media_type=media_type,
            duplicate=outcome.duplicate,
        )
        return outcome
