"""What works on documents after upload."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

import structlog

from docuvault.bootstrap.resources import Resources, open_resources
from docuvault.config.settings import Settings
from docuvault.db.repositories.stages import StageRepository
from docuvault.documents.retention import Retention
from docuvault.domain.errors import DependencyUnavailable
from docuvault.extraction.sandbox import Sandbox
from docuvault.pipeline.answers import ProviderAnswers
from docuvault.pipeline.canary import Canaries
from docuvault.pipeline.completion import Completion
from docuvault.pipeline.deciding import ModeDecider
from docuvault.pipeline.maintenance import Maintenance
from docuvault.pipeline.parts import PipelineParts
from docuvault.pipeline.process import StageRunner
from docuvault.queue.base import CanaryTask, PurgeTask, Task
from docuvault.queue.local import LocalQueue
from docuvault.search.indexer import SearchIndexer

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Processing:
    """What works on documents after upload: in a worker, or inside the embedded server."""

    stages: StageRunner
    maintenance: Maintenance
    canaries: Canaries
    decider: ModeDecider

    async def handle(self, task: Task) -> None:
        """Do what a hint asks for."""
        match task:
            case PurgeTask():
                await self.maintenance.purge(task.document_id)
            case CanaryTask():
                await self.canaries.note_seen()
            case _:
                await self.stages.run(task)

    async def sweep(self) -> None:
        """Send what was not delivered, and a canary with it when one is due."""
        await self.canaries.send_if_due()
        await self.maintenance.sweep()

    async def keep_house(self, grace_seconds: float | None = None) -> None:
        """All that has an interval, until cancelled; for a process without a beat."""
        await asyncio.gather(
            self.maintenance.run(grace_seconds), self.canaries.run(), self.decider.run()
        )


@asynccontextmanager
async def open_processing(resources: Resources) -> AsyncIterator[Processing]:
    """What a worker needs besides: the jail for parsers and the stages themselves."""
    from docuvault.ai.model import prepare_model
    from docuvault.search.chunking import Chunker

    settings = resources.settings
    indexer = SearchIndexer(resources.vectors, resources.sparse)
    model = await asyncio.to_thread(prepare_model, settings.model_dir)
    answers = ProviderAnswers(
        resources.classifier,
        resources.fallback.circuit,
        resources.cache,
        settings.ai.cache_hours,
    )
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
            answers=answers,
            local_classifier=resources.local_classifier,
            fallback=resources.fallback,
            indexer=indexer,
            ai=settings.ai,
        )
        completion = Completion(
            resources.database,
            resources.queue,
            resources.fallback,
            settings.fallback,
            settings.queue,
        )
        yield Processing(
            stages=StageRunner(
                parts, resources.queue, resources.events, completion, settings.queue
            ),
            maintenance=Maintenance(
                resources.database,
                resources.queue,
                indexer,
                Retention(resources.database, resources.storage, settings.uploads),
                completion,
                answers,
                settings.queue,
            ),
            canaries=Canaries(resources.database, resources.queue, settings.health.canary_seconds),
            decider=ModeDecider(
                resources.fallback,
                answers,
                resources.health,
                resources.backlog,
                settings.fallback,
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
        async with _sweeping(processing, queue):
            yield


@asynccontextmanager
async def run_standin(settings: Settings) -> AsyncIterator[None]:
    """Process documents straight from the rows, without the broker, until the block ends.

    Others may work on the same rows meanwhile: leases keep them apart, and none is released here.
    """
    queue = LocalQueue(settings.queue.concurrency)
    async with (
        open_resources(settings) as resources,
        open_processing(replace(resources, queue=queue)) as processing,
    ):
        queue.start(processing.handle)
        # Nobody else's hint arrives here, so none is waited for.
        async with _sweeping(processing, queue, grace_seconds=0):
            yield


@asynccontextmanager
async def _sweeping(
    processing: Processing, queue: LocalQueue, grace_seconds: float | None = None
) -> AsyncIterator[None]:
    """Sweep at once and then at the interval; what is being worked on is given back at the end."""
    sweeper: asyncio.Task[None] | None = None
    try:
        await processing.maintenance.sweep(grace_seconds=0)
        sweeper = asyncio.create_task(processing.keep_house(grace_seconds), name="sweeper")
        yield
    finally:
        if sweeper is not None:
            sweeper.cancel()
            await asyncio.gather(sweeper, return_exceptions=True)
        await queue.close()


async def _check_index(maintenance: Maintenance) -> None:
    try:
        await maintenance.check_index()
    except DependencyUnavailable as error:
        log.warning("start.index_unchecked", code=error.code.value)
