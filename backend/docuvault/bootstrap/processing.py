"""What works on documents after upload."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog

from docuvault.bootstrap.resources import Resources
from docuvault.db.repositories.stages import StageRepository
from docuvault.documents.retention import Retention
from docuvault.domain.errors import DependencyUnavailable
from docuvault.extraction.sandbox import Sandbox
from docuvault.pipeline.maintenance import Maintenance
from docuvault.pipeline.parts import PipelineParts
from docuvault.pipeline.process import StageRunner
from docuvault.queue.base import PurgeTask, Task
from docuvault.queue.local import LocalQueue
from docuvault.search.indexer import SearchIndexer

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Processing:
    """What works on documents after upload: in a worker, or inside the embedded server."""

    stages: StageRunner
    maintenance: Maintenance

    async def handle(self, task: Task) -> None:
        """Do what a hint asks for."""
        if isinstance(task, PurgeTask):
            await self.maintenance.purge(task.document_id)
        else:
            await self.stages.run(task)


@asynccontextmanager
async def open_processing(resources: Resources) -> AsyncIterator[Processing]:
    """What a worker needs besides: the jail for parsers and the stages themselves."""
    from docuvault.ai.model import prepare_model
    from docuvault.search.chunking import Chunker

    settings = resources.settings
    indexer = SearchIndexer(resources.vectors, resources.sparse)
    model = await asyncio.to_thread(prepare_model, settings.model_dir)
    async with Sandbox(settings.extraction, processes=settings.queue.concurrency) as sandbox:
        parts = PipelineParts(
            database=resources.database,
            fulltext=resources.fulltext,
            storage=resources.storage,
            sandbox=sandbox,
            chunker=Chunker(
                model.tokenizer_path,
                settings.search.chunk_tokens,
                settings.search.chunk_overlap,
            ),
            embedder=resources.embedder,
            classifier=resources.classifier,
            indexer=indexer,
            ai=settings.ai,
        )
        yield Processing(
            stages=StageRunner(parts, resources.queue, resources.events, settings.queue),
            maintenance=Maintenance(
                resources.database,
                resources.queue,
                indexer,
                Retention(resources.database, resources.storage, settings.uploads),
                settings.queue,
            ),
        )


@asynccontextmanager
async def run_local_processing(resources: Resources) -> AsyncIterator[None]:
    """Process documents inside this process, which is alone on its data, until the block ends."""
    queue = resources.queue
    if not isinstance(queue, LocalQueue):
        raise TypeError("Local processing needs the local queue.")
    async with resources.database.writing() as session:
        released = await StageRepository(session).release_leases()
    if released:
        log.info("start.released_leases", stages=released)
    async with open_processing(resources) as processing:
        queue.start(processing.handle)
        await _check_index(processing.maintenance)
        await processing.maintenance.sweep(grace_seconds=0)
        sweeper = asyncio.create_task(processing.maintenance.run(), name="sweeper")
        try:
            yield
        finally:
            sweeper.cancel()
            await asyncio.gather(sweeper, return_exceptions=True)
            await queue.close()


async def _check_index(maintenance: Maintenance) -> None:
    try:
        await maintenance.check_index()
    except DependencyUnavailable as error:
        log.warning("start.index_unchecked", code=error.code.value)
