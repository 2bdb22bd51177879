"""The work that waits, read once for all who want to know at the same time."""

import asyncio
import time

from docuvault.db.repositories.backlog import Backlog, read_backlog
from docuvault.db.session import Database

_FRESH_SECONDS = 0.5


class BacklogReader:
    """Keeps the last count for half a second."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._reading = asyncio.Lock()
        self._read_at = -float("inf")
        self._last: Backlog | None = None

    async def read(self) -> Backlog:
        """What waits, runs and has failed; raises `DependencyUnavailable`."""
        async with self._reading:
            if self._last is None or time.monotonic() - self._read_at >= _FRESH_SECONDS:
                async with self._database.reading() as session:
                    self._last = await read_backlog(session)
                self._read_at = time.monotonic()
            return self._last
