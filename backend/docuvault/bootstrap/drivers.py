"""Opens the driver of each port that the settings choose.

Drivers are imported where they are chosen: a start pays in time and memory for those alone.
"""

from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import structlog

from docuvault.ai.base import Embedder
from docuvault.config.settings import Settings
from docuvault.db import schema
from docuvault.db.session import Database, create_engine
from docuvault.domain.errors import DependencyUnavailable
from docuvault.events.base import EventBus
from docuvault.events.memory import MemoryEventBus
from docuvault.key_value.base import Storage
from docuvault.key_value.factory import create_storage
from docuvault.object_storage.base import StorageBackend
from docuvault.object_storage.factory import create_storage_backend
from docuvault.observability.metrics.base import MetricsSink
from docuvault.queue.base import TaskQueue
from docuvault.queue.local import LocalQueue
from docuvault.search.vectors.base import VectorIndex
from docuvault.search.vectors.factory import create_vector_index

if TYPE_CHECKING:
    from docuvault.clients.qdrant import QdrantService
    from docuvault.clients.redis import RedisClient

log = structlog.get_logger(__name__)


def import_drivers(settings: Settings) -> None:
    """Load the code of the heavy drivers that these settings choose; opens nothing."""
    if settings.qdrant.url:
        from docuvault.search.vectors import qdrant  # noqa: F401
    if settings.storage.driver == "minio":
        from docuvault.object_storage import minio  # noqa: F401


async def open_database(stack: AsyncExitStack, settings: Settings) -> Database:
    """The database at the newest schema; an embedded one is migrated, another one must be."""
    if settings.database_url.startswith("sqlite"):
        await schema.upgrade(settings.database_url)
    engine = create_engine(settings.database_url, settings.database)
    database = Database(engine)
    stack.push_async_callback(database.close)
    await schema.require_newest(engine)
    return database


async def open_storage(stack: AsyncExitStack, settings: Settings) -> StorageBackend:
    """The object storage, which must be there."""
    storage = create_storage_backend(settings)
    stack.push_async_callback(storage.close)
    await storage.verify()
    return storage


async def open_redis(
    stack: AsyncExitStack, settings: Settings, metrics: MetricsSink
) -> "RedisClient | None":
    """The shared client, whether Redis answers or not; None where none is configured."""
    if settings.redis.url is None:
        return None
    from docuvault.clients.redis import RedisClient

    client = RedisClient(settings.redis, context="docuvault", metrics=metrics)
    stack.push_async_callback(client.close)
    await client.open()
    return client


async def open_events(stack: AsyncExitStack, redis: "RedisClient | None") -> EventBus:
    """News between processes over Redis, else inside this one."""
    events: EventBus
    if redis is None:
        events = MemoryEventBus()
    else:
        from docuvault.events.redis import RedisEventBus

        listening = await redis.listener("events")
        stack.push_async_callback(listening.aclose)
        events = RedisEventBus(redis, listening)
    stack.push_async_callback(events.close)
    return events


def open_key_value(
    stack: AsyncExitStack, settings: Settings, redis: "RedisClient | None"
) -> Storage:
    """Small facts that processes share."""
    storage = create_storage(settings, redis)
    stack.push_async_callback(storage.close)
    return storage


def open_queue(stack: AsyncExitStack, settings: Settings) -> TaskQueue:
    """The queue of hints."""
    queue: TaskQueue
    if settings.queue.driver == "celery":
        from docuvault.queue.celery_app import create_celery_app
        from docuvault.queue.celery_queue import CeleryQueue

        queue = CeleryQueue(create_celery_app(settings), settings.queue.publish_timeout)
    else:
        queue = LocalQueue(settings.queue.concurrency)
    stack.push_async_callback(queue.close)
    return queue


async def open_qdrant(
    stack: AsyncExitStack, settings: Settings, metrics: MetricsSink
) -> "QdrantService | None":
    """The shared client, whether the server answers or not; None where none is configured."""
    if settings.qdrant.url is None:
        return None
    from docuvault.clients.qdrant import QdrantService

    service = QdrantService(settings.qdrant, context="docuvault", metrics=metrics)
    stack.push_async_callback(service.close)
    await service.open()
    return service


async def open_vectors(
    stack: AsyncExitStack,
    settings: Settings,
    embedder: Embedder,
    qdrant: "QdrantService | None",
) -> VectorIndex:
    """The vector index, made ready if it is there."""
    vectors = create_vectors(stack, settings, embedder, qdrant)
    try:
        await vectors.ensure()
    except DependencyUnavailable as error:
        # Uploads, lists and full text work without it; the index makes itself when it is back.
        log.warning("start.vectors_away", code=error.code.value)
    return vectors


def create_vectors(
    stack: AsyncExitStack,
    settings: Settings,
    embedder: Embedder,
    qdrant: "QdrantService | None",
) -> VectorIndex:
    """The vector index as it is; to be attached or made ready."""
    vectors = create_vector_index(
        settings, qdrant, model_id=embedder.model_id, dimensions=embedder.dimensions
    )
    stack.push_async_callback(vectors.close)
    return vectors
