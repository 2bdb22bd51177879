"""Settings become resources; the only place that names implementations.

Drivers are imported where they are chosen: a start pays in time and memory for those alone.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

import structlog

from docuvault.ai.base import Classifier, Embedder
from docuvault.ai.factory import create_classifier, create_embedder
from docuvault.config.settings import Settings
from docuvault.db import schema
from docuvault.db.fulltext.base import FullText
from docuvault.db.fulltext.factory import create_fulltext
from docuvault.db.lock import locked_folder
from docuvault.db.repositories.stages import StageRepository
from docuvault.db.repositories.users import ensure_owner
from docuvault.db.session import Database, create_engine
from docuvault.documents.retention import Retention
from docuvault.domain.errors import ConfigurationError, DependencyUnavailable
from docuvault.events.base import EventBus
from docuvault.events.memory import MemoryEventBus
from docuvault.extraction.sandbox import Sandbox
from docuvault.health.monitor import HealthCheck, HealthMonitor
from docuvault.object_storage.base import StorageBackend
from docuvault.object_storage.factory import create_storage_backend, open_stored
from docuvault.pipeline.maintenance import Maintenance
from docuvault.pipeline.parts import PipelineParts
from docuvault.pipeline.process import StageRunner
from docuvault.queue.base import PurgeTask, Task, TaskQueue
from docuvault.queue.local import LocalQueue
from docuvault.search.chunks import ChunkSearch
from docuvault.search.exact import ExactSearch
from docuvault.search.indexer import SearchIndexer
from docuvault.search.pages import HitPages
from docuvault.search.service import SearchService
from docuvault.search.sparse import SparseEncoder
from docuvault.search.vectors.base import VectorIndex
from docuvault.search.vectors.factory import create_vector_index

if TYPE_CHECKING:
    from docuvault.clients.redis import RedisClient
    from docuvault.integrity.base import Inspection

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Resources:
    """What every door works with; closed in reverse order by `open_resources`."""

    settings: Settings
    owner_id: UUID
    database: Database
    fulltext: FullText
    storage: StorageBackend
    events: EventBus
    queue: TaskQueue
    embedder: Embedder
    classifier: Classifier
    vectors: VectorIndex
    sparse: SparseEncoder
    search: SearchService
    health: HealthMonitor


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


def import_drivers(settings: Settings) -> None:
    """Load the code of the heavy drivers that these settings choose; opens nothing."""
    if settings.qdrant.url:
        from docuvault.search.vectors import qdrant  # noqa: F401
    if settings.storage.driver == "minio":
        from docuvault.object_storage import minio  # noqa: F401


@asynccontextmanager
async def open_resources(settings: Settings) -> AsyncIterator[Resources]:
    """Open everything in order; whatever was opened is closed again, also after a partial start."""
    async with AsyncExitStack() as stack:
        if settings.uses_data_dir:
            stack.enter_context(locked_folder(settings.data_dir))
        database = await _open_database(stack, settings)
        owner_id = await ensure_owner(database)
        storage = await _open_storage(stack, settings)
        redis = await _open_redis(stack, settings)
        events = await _open_events(stack, settings, redis)
        queue = _open_queue(stack, settings)
        embedder = create_embedder(settings)
        stack.push_async_callback(embedder.close)
        classifier = create_classifier(settings, embedder)
        stack.push_async_callback(classifier.close)
        vectors = await _open_vectors(stack, settings, embedder)
        sparse = SparseEncoder(average_words=settings.search.bm25_average_words)
        fulltext = create_fulltext(database.dialect)
        yield Resources(
            settings=settings,
            owner_id=owner_id,
            database=database,
            fulltext=fulltext,
            storage=storage,
            events=events,
            queue=queue,
            embedder=embedder,
            classifier=classifier,
            vectors=vectors,
            sparse=sparse,
            search=SearchService(
                ChunkSearch(vectors, embedder, sparse, settings.search),
                ExactSearch(database, fulltext),
                HitPages(database),
                settings.search,
            ),
            health=_create_health(database, storage, vectors, redis),
        )


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


@asynccontextmanager
async def open_inspection(settings: Settings) -> AsyncIterator["Inspection"]:
    """Open what is there for reading; nothing is made, migrated, swept or released.

    The embedded index belongs to the process that runs on the folder; beside it everything else
    can be read. Raises `DependencyUnavailable` without database or object storage, and
    `ConfigurationError` on a schema of another version.
    """
    from docuvault.integrity.base import Inspection

    async with AsyncExitStack() as stack:
        is_running = settings.uses_data_dir and not _takes_folder(stack, settings.data_dir)
        engine = create_engine(settings.database_url, settings.database, must_exist=True)
        database = Database(engine)
        stack.push_async_callback(database.close)
        await schema.require_newest(engine)
        storage = await open_stored(settings)
        stack.push_async_callback(storage.close)
        vectors: VectorIndex | None = None
        no_vectors = "the vault is running, and its index belongs to it; stop it to check them."
        if settings.qdrant.url or not is_running:
            vectors = _create_vectors(stack, settings, create_embedder(settings))
            try:
                await vectors.attach()
            except DependencyUnavailable as error:
                vectors, no_vectors = None, error.detail
        yield Inspection(
            database=database,
            fulltext=create_fulltext(database.dialect),
            storage=storage,
            vectors=vectors,
            no_vectors=no_vectors,
            is_worked_on=is_running or settings.queue.driver == "celery",
            intent_seconds=settings.uploads.intent_hours * 3600,
            sweep_seconds=settings.queue.sweep_seconds,
        )


def _takes_folder(stack: AsyncExitStack, folder: Path) -> bool:
    """Keep others from starting on the folder; False when somebody runs on it already.

    Shared, so that two inspections at a time do not take each other for the running vault.
    """
    if not folder.is_dir():
        raise ConfigurationError(f"There is no vault in the folder {folder}.")
    try:
        stack.enter_context(locked_folder(folder, shared=True))
    except ConfigurationError:
        return False
    return True


async def _check_index(maintenance: Maintenance) -> None:
    try:
        await maintenance.check_index()
    except DependencyUnavailable as error:
        log.warning("start.index_unchecked", code=error.code.value)


async def _open_database(stack: AsyncExitStack, settings: Settings) -> Database:
    if settings.database_url.startswith("sqlite"):
        await schema.upgrade(settings.database_url)
    engine = create_engine(settings.database_url, settings.database)
    database = Database(engine)
    stack.push_async_callback(database.close)
    await schema.require_newest(engine)
    return database


async def _open_storage(stack: AsyncExitStack, settings: Settings) -> StorageBackend:
    storage = create_storage_backend(settings)
    stack.push_async_callback(storage.close)
    await storage.verify()
    return storage


async def _open_redis(stack: AsyncExitStack, settings: Settings) -> "RedisClient | None":
    if settings.redis.url is None:
        return None
    from docuvault.clients.redis import RedisClient

    client = RedisClient(settings.redis, context="docuvault")
    stack.push_async_callback(client.close)
    await client.open()
    return client


async def _open_events(
    stack: AsyncExitStack, settings: Settings, redis: "RedisClient | None"
) -> EventBus:
    events: EventBus
    if redis is None:
        events = MemoryEventBus()
    else:
        from docuvault.clients.redis import create_async_redis_client
        from docuvault.events.redis import RedisEventBus

        listening = create_async_redis_client(settings.redis, context="events", blocking=True)
        stack.push_async_callback(listening.aclose)
        events = RedisEventBus(redis.client, listening)
    stack.push_async_callback(events.close)
    return events


def _open_queue(stack: AsyncExitStack, settings: Settings) -> TaskQueue:
    queue: TaskQueue
    if settings.queue.driver == "celery":
        from docuvault.queue.celery_app import create_celery_app
        from docuvault.queue.celery_queue import CeleryQueue

        queue = CeleryQueue(create_celery_app(settings), settings.queue.publish_timeout)
    else:
        queue = LocalQueue(settings.queue.concurrency)
    stack.push_async_callback(queue.close)
    return queue


async def _open_vectors(
    stack: AsyncExitStack, settings: Settings, embedder: Embedder
) -> VectorIndex:
    vectors = _create_vectors(stack, settings, embedder)
    try:
        await vectors.ensure()
    except DependencyUnavailable as error:
        # Uploads, lists and full text work without it; the index makes itself when it is back.
        log.warning("start.vectors_away", code=error.code.value)
    return vectors


def _create_vectors(stack: AsyncExitStack, settings: Settings, embedder: Embedder) -> VectorIndex:
    client = None
    if settings.qdrant.url:
        from docuvault.clients.qdrant import create_qdrant_client

        client = create_qdrant_client(settings.qdrant)
        stack.push_async_callback(client.close)
    vectors = create_vector_index(
        settings, client, model_id=embedder.model_id, dimensions=embedder.dimensions
    )
    stack.push_async_callback(vectors.close)
    return vectors


def _create_health(
    database: Database,
    storage: StorageBackend,
    vectors: VectorIndex,
    redis: "RedisClient | None",
) -> HealthMonitor:
    async def database_works() -> bool:
        await database.ping()
        return True

    checks = [
        HealthCheck("database", True, database_works, "nothing works without the database."),
        HealthCheck(
            "storage",
            True,
            storage.health_check,
            "originals can be neither stored nor fetched.",
        ),
        HealthCheck(
            "vectors",
            False,
            vectors.health_check,
            "search by meaning rests; exact words are still found.",
        ),
    ]
    if redis is not None:
        client = redis

        async def redis_works() -> bool:
            await client.ping()
            return True

        checks.append(
            HealthCheck(
                "redis",
                False,
                redis_works,
                "live updates rest, and new documents are processed with a delay.",
            )
        )
    return HealthMonitor(checks)
