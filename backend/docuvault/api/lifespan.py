"""From the start of the server to its end: resources are opened, kept on the state, and closed."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import structlog
from fastapi import FastAPI

from docuvault.bootstrap import open_resources, run_local_processing
from docuvault.config.settings import Settings

log = structlog.get_logger(__name__)


def lifespan_of(settings: Settings) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """The lifespan of an application with these settings."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_resources(settings) as resources:
            app.state.resources = resources
            if settings.queue.driver == "local":
                async with run_local_processing(resources):
                    yield
            else:
                yield
        log.info("api.stopped")

    return lifespan
