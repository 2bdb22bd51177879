"""Housekeeping: sends what was not delivered, completes, removes what was deleted or left."""

import asyncio
from functools import partial
from uuid import UUID

import structlog

from docuvault.config.settings import QueueSettings
from docuvault.db.repositories.deletions import unknown
from docuvault.db.repositories.indexed import IndexedRepository
from docuvault.db.repositories.stages import StageRepository
from docuvault.db.session import Database
from docuvault.documents.retention import Retention
from docuvault.domain.errors import DocuVaultError
from docuvault.extraction.workspace import remove_abandoned
from docuvault.pipeline.answers import ProviderAnswers
from docuvault.pipeline.completion import Completion
from docuvault.pipeline.repeating import repeat
from docuvault.queue.base import StageTask, TaskQueue
from docuvault.search.indexer import SearchIndexer

log = structlog.get_logger(__name__)

_BATCH = 1000
# Sent again by every sweep even while many others wait, so that no lost hint starves.
_ALWAYS = 10
# Documents of a lost index that one transaction reopens.
_REOPENED_AT_ONCE = 500
# A large index is looked through in parts, one for each check.
_VECTORS_LOOKED_AT = 5000


class Maintenance:
    """Runs every few seconds in one place; running it twice at once does no harm."""

    def __init__(
        self,
        database: Database,
        queue: TaskQueue,
        indexer: SearchIndexer,
        retention: Retention,
        completion: Completion,
        answers: ProviderAnswers,
        settings: QueueSettings,
    ) -> None:
        self._database = database
        self._queue = queue
        self._indexer = indexer
        self._retention = retention
        self._completion = completion
        self._answers = answers
        self._settings = settings

    async def sweep(self, grace_seconds: float | None = None) -> int:
        """Send hints for stages that wait for too long, complete what can be, purge, tidy up.

        Returns how many stages were due. A stage is given `grace_seconds` (the sweep interval) to
        be picked up by its own hint first. While a long queue is worked off, most of what is due
        has a hint that waits in it: only so many are sent as seem to be missing, the oldest first.
        """
        grace = self._settings.sweep_seconds if grace_seconds is None else grace_seconds
        async with self._database.reading() as session:
            due = await StageRepository(session).due(grace, _BATCH)
        missing = max(len(due) - await self._queue.waiting(), _ALWAYS) if due else 0
        for document_id, stage in due[:missing]:
            await self._queue.send(StageTask(document_id, stage))
        if due:
            log.info("sweep.sent_again", due=len(due), sent=min(missing, len(due)))
        try:
            await self._completion.run()
        except DocuVaultError as error:
            log.warning("completion.postponed", code=error.code.value)
        await self._tidy_up()
        return len(due)

    async def run(self, grace_seconds: float | None = None) -> None:
        """Sweep and check at their intervals until cancelled; for a process without a beat."""
        await asyncio.gather(
            repeat(partial(self.sweep, grace_seconds), self._settings.sweep_seconds),
            repeat(self.check_index, self._settings.index_check_seconds),
        )

    async def check_index(self) -> int:
        """Index all documents again when the index has lost some; returns how many.

        The index is read before and after the rows: work that ends in between makes one of the two
        counts look short, a loss makes both short.
        """
        await self._remove_foreign()
        before = await self._indexer.count()
        async with self._database.reading() as session:
            wanted = await IndexedRepository(session).indexed_chunks()
        if before >= wanted or await self._indexer.count() >= wanted:
            return 0
        reopened = await self._reopen_indexed()
        log.warning("index.restoring", documents=reopened, found=before, wanted=wanted)
        return reopened

    async def _reopen_indexed(self) -> int:
        # In order of their ids: what workers finish meanwhile does not come round again.
        reopened, last = 0, None
        while True:
            async with self._database.writing() as session:
                batch = await IndexedRepository(session).reopen_indexed(_REOPENED_AT_ONCE, last)
            if batch.last is None:
                return reopened
            reopened, last = reopened + batch.documents, batch.last

    async def _remove_foreign(self) -> None:
        """Take vectors of removed documents out of a part of the index.

        A worker that is killed between its write and the fence leaves them. Vectors are written
        of documents that have a row, so one that has none by now will never have one.
        """
        seen = await self._indexer.some_documents(_VECTORS_LOOKED_AT)
        async with self._database.reading() as session:
            gone = await unknown(session, seen)
        for document_id in gone:
            await self._indexer.remove(document_id)
            log.warning("index.foreign_removed", document_id=str(document_id))

    async def _tidy_up(self) -> None:
        # Whatever is left is found again by the next sweep; none holds up the others.
        for document_id in await self._retention.waiting():
            try:
                await self.purge(document_id)
            except DocuVaultError as error:
                log.warning("purge.postponed", document_id=str(document_id), code=error.code.value)
        try:
            await self._retention.remove_orphans()
        except DocuVaultError as error:
            log.warning("orphans.postponed", code=error.code.value)
        # A process that lives for weeks opens no new workspace, and beside it others may die.
        await asyncio.to_thread(remove_abandoned)

    async def purge(self, document_id: UUID) -> None:
        """Remove a deleted document for good: vectors, bytes, rows."""
        if not await self._retention.is_waiting(document_id):
            return
        await self._answers.forget(document_id)
        await self._indexer.remove(document_id)
        await self._retention.remove_document(document_id)
