"""What every door works with, opened in order out of settings."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from docuvault.ai.base import Classifier, Embedder
from docuvault.ai.factory import create_classifier, create_embedder
from docuvault.bootstrap.drivers import (
    open_database,
    open_events,
    open_key_value,
    open_queue,
    open_redis,
    open_storage,
    open_vectors,
)
from docuvault.bootstrap.watching import create_health
from docuvault.config.settings import Settings
from docuvault.db.fulltext.base import FullText
from docuvault.db.fulltext.factory import create_fulltext
from docuvault.db.lock import locked_folder
from docuvault.db.repositories.users import ensure_owner
from docuvault.db.session import Database
from docuvault.events.base import EventBus
from docuvault.health.monitor import HealthMonitor
from docuvault.key_value.base import Storage
from docuvault.object_storage.base import StorageBackend
from docuvault.queue.base import TaskQueue
from docuvault.search.chunks import ChunkSearch
from docuvault.search.exact import ExactSearch
from docuvault.search.pages import HitPages
from docuvault.search.service import SearchService
from docuvault.search.sparse import SparseEncoder
from docuvault.search.vectors.base import VectorIndex


@dataclass(frozen=True, slots=True)
class Resources:
    """What every door works with; closed in reverse order by `open_resources`."""

    settings: Settings
    owner_id: UUID
    database: Database
    fulltext: FullText
    storage: StorageBackend
    key_value: Storage
    events: EventBus
    queue: TaskQueue
    embedder: Embedder
    classifier: Classifier
    vectors: VectorIndex
    sparse: SparseEncoder
    search: SearchService
    health: HealthMonitor


@asynccontextmanager
async def open_resources(settings: Settings) -> AsyncIterator[Resources]:
    """Open everything in order; whatever was opened is closed again, also after a partial start."""
    async with AsyncExitStack() as stack:
        if settings.uses_data_dir:
            stack.enter_context(locked_folder(settings.data_dir))
        database = await open_database(stack, settings)
        owner_id = await ensure_owner(database)
        storage = await open_storage(stack, settings)
        redis = await open_redis(stack, settings)
        key_value = open_key_value(stack, settings, redis)
        events = await open_events(stack, settings, redis)
        queue = open_queue(stack, settings)
        embedder = create_embedder(settings)
        stack.push_async_callback(embedder.close)
        classifier = create_classifier(settings, embedder)
        stack.push_async_callback(classifier.close)
        vectors = await open_vectors(stack, settings, embedder)
        sparse = SparseEncoder(average_words=settings.search.bm25_average_words)
        fulltext = create_fulltext(database.dialect)
        yield Resources(
            settings=settings,
            owner_id=owner_id,
            database=database,
            fulltext=fulltext,
            storage=storage,
            key_value=key_value,
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
            health=create_health(database, storage, vectors, redis),
        )
