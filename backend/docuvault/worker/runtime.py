"""One event loop and one set of resources per worker process, made once, used by every task."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

from docuvault.bootstrap.processing import Processing, open_processing
from docuvault.bootstrap.resources import open_resources
from docuvault.config.loader import load_settings
from docuvault.config.settings import Settings
from docuvault.observability.logs import configure_logs

Work = Callable[[Processing], Awaitable[object]]


def worker_settings() -> Settings:
    """The settings of this process, with its logs set up."""
    settings = load_settings()
    configure_logs(settings.log)
    return settings


class WorkerRuntime:
    """Opened by the first task after the fork, closed when the process ends."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._runner: asyncio.Runner | None = None
        self._stack = AsyncExitStack()
        self._processing: Processing | None = None

    def run(self, work: Work) -> None:
        """Run one piece of work to its end in this process's loop."""
        if self._runner is None:
            self._runner = asyncio.Runner()
        self._runner.run(self._do(work))

    async def _do(self, work: Work) -> None:
        if self._processing is None:
            # A failed opening is closed at once and tried again by the next task.
            async with AsyncExitStack() as opening:
                resources = await opening.enter_async_context(open_resources(self._settings))
                self._processing = await opening.enter_async_context(open_processing(resources))
                self._stack = opening.pop_all()
        await work(self._processing)

    def close(self) -> None:
        """Give everything back, in reverse order."""
        if self._runner is not None:
            self._runner.run(self._stack.aclose())
            self._runner.close()
            self._runner = None
            self._processing = None
