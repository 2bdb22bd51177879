"""The canary: a task without work that goes the way of the documents, to show that the way is free.

Whether one came through lately is what the health check of the workers asks (docs/health.md).
"""

import asyncio

import structlog

from docuvault.db.repositories.canaries import DOCUMENTS_CANARY, CanaryRepository
from docuvault.db.session import Database
from docuvault.domain.errors import DocuVaultError
from docuvault.queue.base import CanaryTask, TaskQueue

log = structlog.get_logger(__name__)


class Canaries:
    """Sends one every `interval_seconds`, and notes those that come through."""

    def __init__(self, database: Database, queue: TaskQueue, interval_seconds: float) -> None:
        self._database = database
        self._queue = queue
        self._interval = interval_seconds

    async def send_if_due(self) -> bool:
        """Send one unless one was sent lately, by whatever process; whether one was sent."""
        async with self._database.reading() as session:
            if not await CanaryRepository(session).is_due(DOCUMENTS_CANARY, self._interval):
                return False
        if not await self._queue.send(CanaryTask()):
            return False
        async with self._database.writing(brief=True) as session:
            await CanaryRepository(session).note_sent(DOCUMENTS_CANARY)
        return True

    async def note_seen(self) -> None:
        """One came through."""
        async with self._database.writing(brief=True) as session:
            await CanaryRepository(session).note_seen(DOCUMENTS_CANARY)

    async def run(self) -> None:
        """Send one at once and then at the interval until cancelled; for a process without beat."""
        while True:
            try:
                await self.send_if_due()
            except DocuVaultError as error:
                log.warning("canary.postponed", code=error.code.value)
            await asyncio.sleep(self._interval)
