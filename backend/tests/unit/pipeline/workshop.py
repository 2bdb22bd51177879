"""A pipeline over a real database, storage and index, with parts that misbehave on demand."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import gettempdir
from typing import Any, cast
from uuid import UUID, uuid4

import numpy as np
from sqlalchemy import delete, select, update

from docuvault.ai.base import (
    ClassifiableDocument,
    Classification,
    Matrix,
    TopicProfile,
    TopicSuggestion,
)
from docuvault.ai.choice import ProviderChoice
from docuvault.ai.model import load_tokenizer
from docuvault.config.operations import FallbackSettings
from docuvault.config.settings import AISettings, DatabaseSettings, QueueSettings, UploadSettings
from docuvault.db import schema
from docuvault.db.fulltext.factory import create_fulltext
from docuvault.db.models import Document, StageRecord, Topic, UploadIntent
from docuvault.db.repositories.documents import DocumentRepository, NewDocument
from docuvault.db.repositories.topics import TopicRepository
from docuvault.db.repositories.users import ensure_owner
from docuvault.db.session import Database, create_engine
from docuvault.db.types import clock_after
from docuvault.documents.retention import Retention
from docuvault.domain.documents import Stage, TopicSource
from docuvault.domain.modes import Mode
from docuvault.events.base import Event
from docuvault.events.memory import MemoryEventBus
from docuvault.extraction.base import ExtractedDocument, ExtractedPage
from docuvault.extraction.sandbox import Sandbox
from docuvault.fallback.circuit import CircuitBreaker
from docuvault.fallback.manager import FallbackManager
from docuvault.fallback.policy import Facts, create_policy
from docuvault.key_value.base import Storage
from docuvault.key_value.memory import MemoryStorage
from docuvault.object_storage.filesystem import FilesystemBackend
from docuvault.observability.metrics.null import NullSink
from docuvault.pipeline.answers import ProviderAnswers
from docuvault.pipeline.completion import Completion
from docuvault.pipeline.maintenance import Maintenance
from docuvault.pipeline.parts import PipelineParts
from docuvault.pipeline.process import StageRunner
from docuvault.queue.base import CanaryTask, PurgeTask, StageTask, Task, TaskQueue
from docuvault.search.chunking import Chunker
from docuvault.search.indexer import SearchIndexer
from docuvault.search.sparse import SparseEncoder
from docuvault.search.vectors.edge import EdgeVectorIndex

DIMENSIONS = 8
QUICK = QueueSettings(
    lease_seconds=30,
    heartbeat_seconds=0.02,
    sweep_seconds=5,
    stage_seconds=20,
    max_attempts=3,
    max_crashes=2,
    backoff_seconds=10,
)

FALLBACK = FallbackSettings(
    recover_seconds=30, circuit_failures=3, circuit_seconds=30, completion_attempts=3
)
CACHE_HOURS = 1.0

Trouble = Callable[[], Awaitable[None]]


async def none() -> None:
    """No trouble."""


def raising(error: BaseException) -> Trouble:
    """Trouble that is this error."""

    async def trouble() -> None:
        raise error

    return trouble


async def hanging() -> None:
    """Trouble that never ends by itself."""
    await asyncio.Event().wait()


@dataclass
class Outside:
    """The parts that the pipeline leans on and does not control."""

    trouble: Trouble = none
    calls: int = 0

    async def come(self) -> None:
        self.calls += 1
        await self.trouble()


class FakeEmbedder(Outside):
    """A place for every text, out of its hash."""

    model_id = "fake"
    dimensions = DIMENSIONS

    async def embed(self, texts: Sequence[str]) -> Matrix:
        await self.come()
        rows = [np.frombuffer(hashlib.sha256(t.encode()).digest()[:8], np.uint8) for t in texts]
        matrix = np.stack(rows).astype(np.float32)
        return cast(Matrix, matrix / np.linalg.norm(matrix, axis=1, keepdims=True))

    async def close(self) -> None:
        """Nothing is held."""


@dataclass
class FakeClassifier(Outside):
    """Proposes every topic that is offered; of the two there are, one is the provider."""

    source: TopicSource = TopicSource.LOCAL

    async def choice(self) -> ProviderChoice:
        return ProviderChoice("openai" if self.source is TopicSource.AI else "local", model="m")

    async def classify(
        self, document: ClassifiableDocument, topics: Sequence[TopicProfile]
    ) -> Classification:
        await self.come()
        return Classification(
            tuple(TopicSuggestion(topic.id, 0.9, "Because.") for topic in topics), self.source
        )

    async def ping(self) -> None:
        """Always there."""

    async def close(self) -> None:
        """Nothing is held."""


class FakeExtractor(Outside):
    """Reads a file as one page of text."""

    folder = Path(gettempdir())

    async def extract(self, path: Path, media_type: str) -> ExtractedDocument:
        await self.come()
        return ExtractedDocument((ExtractedPage(1, path.read_text()),), 1, {"title": "Told"}, ())


class Notebook(TaskQueue):
    """Remembers what was sent."""

    def __init__(self) -> None:
        self.sent: list[Task] = []
        self.length = 0

    async def send(self, task: Task) -> bool:
        self.sent.append(task)
        return True

    async def waiting(self) -> int:
        return self.length

    async def close(self) -> None:
        """Nothing is held."""


class Listener(MemoryEventBus):
    """Remembers what was told."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[Event] = []

    async def publish(self, event: Event) -> None:
        self.told.append(event)
        await super().publish(event)


class Clock:
    """The moment that modes and circuits go by; it stands still unless a test moves it."""

    def __init__(self) -> None:
        self.now = datetime.now(UTC)

    def __call__(self) -> datetime:
        return self.now


def enrichment(
    provider: FakeClassifier, key_value: Storage, clock: Clock
) -> tuple[FallbackManager, ProviderAnswers]:
    """A mode and a circuit that nobody has moved yet."""
    circuit = CircuitBreaker(key_value, FALLBACK, trial_seconds=60, clock=clock)
    fallback = FallbackManager(
        key_value, create_policy(FALLBACK), circuit, NullSink(), FALLBACK, clock
    )
    return fallback, ProviderAnswers(provider, circuit, key_value, CACHE_HOURS)


def open_parts(
    parts: PipelineParts, provider: FakeClassifier, key_value: Storage, clock: Clock
) -> PipelineParts:
    """The same parts as at the beginning."""
    fallback, answers = enrichment(provider, key_value, clock)
    return replace(parts, fallback=fallback, answers=answers)


@dataclass
class Workshop:
    """Everything that a test of the pipeline holds in its hands."""

    database: Database
    owner_id: UUID
    storage: FilesystemBackend
    vectors: EdgeVectorIndex
    parts: PipelineParts
    embedder: FakeEmbedder
    classifier: FakeClassifier
    local_classifier: FakeClassifier
    extractor: FakeExtractor
    key_value: MemoryStorage
    clock: Clock
    queue: Notebook = field(default_factory=Notebook)
    events: Listener = field(default_factory=Listener)

    async def clear(self) -> None:
        """Nothing stored, nothing sent, no trouble."""
        async with self.database.writing() as session:
            for document_id in await session.scalars(select(Document.id)):
                await self.vectors.delete_document(document_id)
            for table in (Document, Topic, UploadIntent):
                await session.execute(delete(table))
        async for stored in self.storage.list_objects():
            await self.storage.delete_object(stored.key)
        for part in (self.embedder, self.classifier, self.local_classifier, self.extractor):
            part.trouble, part.calls = none, 0
        await self.key_value.close()
        self.clock.now = datetime.now(UTC)
        self.parts = open_parts(self.parts, self.classifier, self.key_value, self.clock)
        self.queue.sent.clear()
        self.events.told.clear()

    def runner(self, **settings: Any) -> StageRunner:
        return StageRunner(
            self.parts,
            self.queue,
            self.events,
            self.completion(),
            QUICK.model_copy(update=settings),
        )

    def completion(self) -> Completion:
        return Completion(self.database, self.queue, self.parts.fallback, FALLBACK, QUICK)

    async def decide(self, *, after: float = 0, **facts: Any) -> Mode:
        """Decide the mode out of these facts, so many seconds later."""
        self.clock.now += timedelta(seconds=after)
        await self.parts.fallback.cascade(
            Facts(
                **{
                    "ai_circuit": (await self.parts.fallback.circuit.state()).value,
                    **facts,
                }
            )
        )
        return await self.parts.fallback.get_current_mode()

    def maintenance(self, **uploads: Any) -> Maintenance:
        return Maintenance(
            self.database,
            self.queue,
            self.parts.indexer,
            Retention(self.database, self.storage, UploadSettings(**uploads)),
            self.completion(),
            self.parts.answers,
            QUICK,
        )

    async def document(self, text: str = "A few words.", *, auto_classify: bool = True) -> UUID:
        """A stored document that waits for its first stage."""
        document_id, data = uuid4(), text.encode()
        key = await self.storage.put_object(self.owner_id, document_id, data, ".txt", "text/plain")
        async with self.database.writing() as session:
            await DocumentRepository(session, self.owner_id).add(
                NewDocument(
                    id=document_id,
                    title="A title",
                    original_name="a.txt",
                    media_type="text/plain",
                    size_bytes=len(data),
                    sha256=hashlib.sha256(data).hexdigest(),
                    object_key=key,
                    auto_classify=auto_classify,
                )
            )
        return document_id

    async def topic(self, name: str = "Wool") -> UUID:
        async with self.database.writing() as session:
            return (await TopicRepository(session, self.owner_id).add(name, "", "#000000")).id

    async def run(self, document_id: UUID, *stages: Stage, **settings: Any) -> None:
        for stage in stages:
            await self.runner(**settings).run(StageTask(document_id, stage))

    async def look(self, document_id: UUID) -> Document:
        async with self.database.reading() as session:
            document = await DocumentRepository(session, self.owner_id).get(document_id)
        assert document is not None
        return document

    async def row(self, document_id: UUID, stage: Stage) -> StageRecord:
        async with self.database.reading() as session:
            return (
                await session.scalars(
                    select(StageRecord).where(
                        StageRecord.document_id == document_id, StageRecord.stage == stage
                    )
                )
            ).one()

    async def states(self, document_id: UUID) -> list[str]:
        return [record.state for record in (await self.look(document_id)).stages]

    async def expire_leases(self) -> None:
        """As if so much time had passed."""
        async with self.database.writing() as session:
            await session.execute(update(StageRecord).values(lease_until=clock_after(-60)))

    async def make_due(self) -> None:
        """As if the wait were over."""
        async with self.database.writing() as session:
            await session.execute(
                update(StageRecord)
                .where(StageRecord.next_run_at.is_not(None))
                .values(next_run_at=clock_after(-60))
            )

    def sent(self) -> list[tuple[UUID, Stage | None]]:
        return [
            (task.document_id, None if isinstance(task, PurgeTask) else task.stage)
            for task in self.queue.sent
            if not isinstance(task, CanaryTask)
        ]


@asynccontextmanager
async def open_workshop(folder: Path, model_dir: Path) -> AsyncIterator[Workshop]:
    """A workshop on an empty folder."""
    url = f"sqlite+aiosqlite:///{folder}/vault.db"
    await schema.upgrade(url)
    database = Database(create_engine(url, DatabaseSettings()))
    storage = FilesystemBackend(folder / "objects", reserve_bytes=0)
    vectors = EdgeVectorIndex(
        folder / "vectors", model_id="fake", dimensions=DIMENSIONS, optimize_above=10**6
    )
    await vectors.ensure()
    embedder, extractor = FakeEmbedder(), FakeExtractor()
    classifier, local = FakeClassifier(source=TopicSource.AI), FakeClassifier()
    key_value, clock = MemoryStorage(), Clock()
    fallback, answers = enrichment(classifier, key_value, clock)
    parts = PipelineParts(
        database=database,
        fulltext=create_fulltext(database.dialect),
        storage=storage,
        sandbox=cast(Sandbox, extractor),
        chunker=Chunker(load_tokenizer(model_dir), 60, 10),
        embedder=embedder,
        answers=answers,
        local_classifier=local,
        fallback=fallback,
        indexer=SearchIndexer(vectors, SparseEncoder(average_words=128)),
        ai=AISettings(),
    )
    try:
        yield Workshop(
            database,
            await ensure_owner(database),
            storage,
            vectors,
            parts,
            embedder,
            classifier,
            local,
            extractor,
            key_value,
            clock,
        )
    finally:
        await vectors.close()
        await storage.close()
        await database.close()
