"""From the start of the server to its end: resources are opened, kept on the state, and closed."""

import gc
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager

import structlog
from fastapi import FastAPI

from docuvault.api.admin import AdminGate
from docuvault.bootstrap.processing import run_local_processing
from docuvault.bootstrap.resources import open_resources
from docuvault.bootstrap.starting import telling_parts
from docuvault.bootstrap.watching import keep_watching
from docuvault.config.settings import Settings
from docuvault.domain.errors import DocuVaultError

log = structlog.get_logger(__name__)


def lifespan_of(settings: Settings) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """The lifespan of an application with these settings."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            try:
                resources = await stack.enter_async_context(open_resources(settings))
                if settings.queue.driver == "local":
                    await stack.enter_async_context(run_local_processing(resources))
                interval = settings.health.interval_seconds
                await stack.enter_async_context(keep_watching(resources.health, interval))
                await stack.enter_async_context(telling_parts(settings, resources.health))
            except DocuVaultError as error:
                app.state.refusal = error
                raise
            app.state.resources = resources
            app.state.admin_gate = AdminGate(settings, resources.key_value)
            # What lives as long as the process need not be looked through by every collection.
            gc.collect()
            gc.freeze()
            yield
        log.info("api.stopped")

    return lifespan
