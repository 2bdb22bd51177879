"""Housekeeping: sends what was not delivered, removes what was deleted or left behind."""

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

import structlog

from docuvault.config.settings import QueueSettings
from docuvault.db.repositories.stages import StageRepository
from docuvault.db.session import Database
from docuvault.documents.retention import Retention
from docuvault.domain.errors import DocuVaultError
from docuvault.queue.base import StageTask, TaskQueue
from docuvault.search.indexer import SearchIndexer

log = structlog.get_logger(__name__)

_BATCH = 1000
# Sent again by every sweep even while many others wait, so that no lost hint starves.
_ALWAYS = 10


class Maintenance:
    """Runs every few seconds in one place; running it twice at once does no harm."""

    def __init__(
        self,
        database: Database,
        queue: TaskQueue,
        indexer: SearchIndexer,
        retention: Retention,
        settings: QueueSettings,
    ) -> None:
        self._database = database
        self._queue = queue
        self._indexer = indexer
        self._retention = retention
        self._settings = settings

    async def sweep(self, grace_seconds: float | None = None) -> int:
        """Send hints for stages that wait for longer than they should, purge, tidy up.

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
        await self._tidy_up()
        return len(due)

    async def run(self) -> None:
        """Sweep and check at their intervals until cancelled; for a process without a beat."""
        await asyncio.gather(
            _repeat(self.sweep, self._settings.sweep_seconds),
            _repeat(self.check_index, self._settings.index_check_seconds),
        )

    async def check_index(self) -> int:
        """Index all documents again when the index has lost some; returns how many.

        The index is read before and after the rows: work that ends in between makes one of the two
        counts look short, a loss makes both short.
        """
        before = await self._indexer.count()
        async with self._database.reading() as session:
            wanted = await StageRepository(session).indexed_chunks()
        if before >= wanted or await self._indexer.count() >= wanted:
            return 0
        async with self._database.writing() as session:
            reopened = await StageRepository(session).reopen_indexed()
        log.warning("index.restoring", documents=reopened, found=before, wanted=wanted)
        return reopened

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

    async def purge(self, document_id: UUID) -> None:
        """Remove a deleted document for good: vectors, bytes, rows."""
        if not await self._retention.is_waiting(document_id):
            return
        await self._indexer.remove(document_id)
        await self._retention.remove_document(document_id)


async def _repeat(work: Callable[[], Awaitable[object]], seconds: float) -> None:
    while True:
        await asyncio.sleep(seconds)
        try:
            await work()
        except DocuVaultError as error:
            log.warning("maintenance.postponed", code=error.code.value)
        except Exception:
            log.exception("maintenance.failed")
