"""The in-process driver of the queue port: a few runners in the same event loop."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from docuvault.queue.base import Task, TaskQueue

log = structlog.get_logger(__name__)

Handler = Callable[[Task], Awaitable[None]]


class LocalQueue(TaskQueue):
    """Holds hints in memory; the rows survive a restart, and the sweeper sends them again."""

    def __init__(self, concurrency: int) -> None:
        self._concurrency = concurrency
        self._waiting: asyncio.Queue[Task] = asyncio.Queue()
        self._known: set[Task] = set()
        self._runners: list[asyncio.Task[None]] = []

    def start(self, handler: Handler) -> None:
        """Begin to hand tasks to `handler`, at most `concurrency` at the same time."""
        self._runners = [
            asyncio.create_task(self._run(handler), name=f"local-queue-{number}")
            for number in range(self._concurrency)
        ]

    async def send(self, task: Task) -> bool:
        """Remember the hint; one that waits already is not doubled."""
        if task not in self._known:
            self._known.add(task)
            self._waiting.put_nowait(task)
        return True

    async def waiting(self) -> int:
        """How many hints nobody has taken yet."""
        return self._waiting.qsize()

    async def close(self) -> None:
        """Stop the runners; work in progress is given back for the next start."""
        for runner in self._runners:
            runner.cancel()
        await asyncio.gather(*self._runners, return_exceptions=True)
        self._runners = []

    async def _run(self, handler: Handler) -> None:
        while True:
            task = await self._waiting.get()
            self._known.discard(task)
            try:
                await handler(task)
            except Exception:
                # The row still says what is due; the sweeper will come by.
                log.exception("queue.handler_failed", task=repr(task))
