"""What every door works with, opened in order out of settings."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from docuvault.ai.base import Embedder
from docuvault.ai.chosen import ChosenClassifier
from docuvault.ai.factory import create_embedder
from docuvault.ai.local_classifier import LocalClassifier
from docuvault.bootstrap.classifying import open_classifying
from docuvault.bootstrap.deciding import create_fallback, open_cache, tell_of_modes
from docuvault.bootstrap.drivers import (
    open_database,
    open_events,
    open_key_value,
    open_qdrant,
    open_queue,
    open_redis,
    open_storage,
    open_vectors,
)
from docuvault.bootstrap.identity import claim_storage
from docuvault.bootstrap.watching import WatchedParts, create_watching
from docuvault.config.settings import Settings
from docuvault.db.fulltext.base import FullText
from docuvault.db.fulltext.factory import create_fulltext
from docuvault.db.lock import locked_folder
from docuvault.db.repositories.users import ensure_owner
from docuvault.db.session import Database
from docuvault.documents.ai_choice import AIChoiceService
from docuvault.events.base import EventBus
from docuvault.fallback.manager import FallbackManager
from docuvault.health.alarms import ExternalAlarms
from docuvault.health.backlog import BacklogReader
from docuvault.health.monitor import HealthMonitor
from docuvault.key_value.base import Storage
from docuvault.key_value.limits import CallLimit
from docuvault.object_storage.base import StorageBackend
from docuvault.observability.metrics.base import MetricsSink
from docuvault.observability.metrics.factory import create_sink
from docuvault.queue.base import TaskQueue
from docuvault.search.chunks import ChunkSearch
from docuvault.search.exact import ExactSearch
from docuvault.search.pages import HitPages
from docuvault.search.service import SearchService
from docuvault.search.sparse import SparseEncoder
from docuvault.search.vectors.base import VectorIndex

if TYPE_CHECKING:
    from docuvault.clients.qdrant import QdrantService
    from docuvault.clients.redis import RedisClient


@dataclass(frozen=True, slots=True)
class Resources:
    """What every door works with; closed in reverse order by `open_resources`."""

    settings: Settings
    metrics: MetricsSink
    owner_id: UUID
    database: Database
    fulltext: FullText
    storage: StorageBackend
    redis: "RedisClient | None"
    qdrant: "QdrantService | None"
    key_value: Storage
    cache: Storage
    events: EventBus
    queue: TaskQueue
    embedder: Embedder
    classifier: ChosenClassifier
    local_classifier: LocalClassifier
    fallback: FallbackManager
    ai_choices: AIChoiceService
    trial_limit: CallLimit
    vectors: VectorIndex
    sparse: SparseEncoder
    search: SearchService
    health: HealthMonitor
    backlog: BacklogReader
    alarms: ExternalAlarms


@asynccontextmanager
async def open_resources(settings: Settings) -> AsyncIterator[Resources]:
    """Open everything in order; whatever was opened is closed again, also after a partial start."""
    metrics = create_sink(settings.metrics)
    async with AsyncExitStack() as stack:
        if settings.uses_data_dir:
            stack.enter_context(locked_folder(settings.data_dir))
        database = await open_database(stack, settings)
        owner_id = await ensure_owner(database)
        storage = await claim_storage(database, await open_storage(stack, settings), owner_id)
        redis = await open_redis(stack, settings, metrics)
        key_value = open_key_value(stack, settings, redis)
        cache = await open_cache(stack, settings, key_value, metrics)
        events = await open_events(stack, redis)
        fallback = create_fallback(settings, key_value, metrics)
        tell_of_modes(fallback, events, owner_id)
        queue = open_queue(stack, settings)
        embedder = create_embedder(settings)
        stack.push_async_callback(embedder.close)
        classifying = await open_classifying(
            stack, settings, database, owner_id, embedder, key_value
        )
        classifier = classifying.chosen
        qdrant = await open_qdrant(stack, settings, metrics)
        vectors = await open_vectors(stack, settings, embedder, qdrant)
        sparse = SparseEncoder(average_words=settings.search.bm25_average_words)
        fulltext = create_fulltext(database.dialect)
        watching = create_watching(
            settings,
            WatchedParts(database, storage, vectors, redis, key_value, classifier.ping),
            metrics,
        )
        yield Resources(
            settings=settings,
            metrics=metrics,
            owner_id=owner_id,
            database=database,
            fulltext=fulltext,
            storage=storage,
            redis=redis,
            qdrant=qdrant,
            key_value=key_value,
            cache=cache,
            events=events,
            queue=queue,
            embedder=embedder,
            classifier=classifier,
            local_classifier=classifying.local,
            fallback=fallback,
            ai_choices=classifying.choices,
            trial_limit=classifying.trial_limit,
            vectors=vectors,
            sparse=sparse,
            search=SearchService(
                ChunkSearch(vectors, embedder, sparse, settings.search),
                ExactSearch(database, fulltext),
                HitPages(database),
                settings.search,
            ),
            health=watching.health,
            backlog=watching.backlog,
            alarms=watching.alarms,
        )
