"""A vault of 100,000 documents, made in bulk: rows as the pipeline leaves them, vectors by indexer.

Texts are words of the embedding model's vocabulary, which is ordered by frequency: a general part
by Zipf's law and a part from the words of the document's subject. Vectors lie around the subject's
own, which the model makes, so that queries about a subject find it.
"""

import asyncio
import hashlib
import json
import random
import shutil
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate, islice
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID, uuid5

import numpy as np
from sqlalchemy import insert, text, update

from docuvault.ai.base import Matrix
from docuvault.ai.local import LocalEmbedder
from docuvault.config.settings import DatabaseSettings, Settings
from docuvault.db import schema
from docuvault.db.fulltext.postgres import _vector
from docuvault.db.models import Chunk, Counter, Document, DocumentTopic, Page, StageRecord, Topic
from docuvault.db.models import User as Person
from docuvault.db.repositories.documents import folded_title
from docuvault.db.repositories.numbers import Numbered
from docuvault.db.repositories.users import ensure_owner
from docuvault.db.session import Database, create_engine
from docuvault.domain.documents import (
    STAGE_ORDER,
    DocumentStatus,
    StageState,
    TopicSource,
    chunk_id,
)
from docuvault.domain.text import words
from docuvault.search.indexer import IndexedChunk, IndexedDocument, SearchIndexer
from docuvault.search.sparse import SparseEncoder
from docuvault.search.vectors.edge import EdgeVectorIndex
from tests.bench.workplace import Workplace

DOCUMENTS = 100_000
_SEED = 20_260
_SPACE = UUID(int=_SEED)
_SUBJECTS = 256
_SUBJECT_WORDS = 120
_TOPICS = 12
# Of four documents, one belongs to somebody else.
_STRANGERS_SHARE = 4
_BATCH = 2_000
_FIRST_DAY = datetime(2020, 1, 1, tzinfo=UTC)
_SHAPES = (1, 2, 2, 2, 3, 3, 3, 4, 4, 5, 6, 8)
_CHOICES_PER_SHAPE = 100


@dataclass(frozen=True, slots=True)
class Made:
    """One made document; `subject` is the cluster that its vector lies in."""

    id: UUID
    number: int
    subject: int
    title: str
    text: str
    created_at: datetime
    strangers: bool


def filled(workplace: Workplace, documents: int = DOCUMENTS) -> Path:
    """A folder whose `data` is a filled embedded vault; made once per run, safe to copy."""
    folder = workplace.folder / f"filled-{documents}"
    done = folder / "done"
    if not done.exists():
        # What a goal that failed has left half made.
        shutil.rmtree(folder, ignore_errors=True)
        (folder / "data").mkdir(parents=True)
        asyncio.run(_fill_embedded(folder / "data", workplace.model_dir, documents))
        done.touch()
    return folder


async def fill_database(url: str, model_dir: Path, documents: int) -> None:
    """All rows of the vault in another database, which is migrated and empty."""
    database = Database(create_engine(url, DatabaseSettings(statement_timeout=600)))
    try:
        await _fill_rows(database, Corpus(model_dir), documents)
    finally:
        await database.close()


def queries(model_dir: Path) -> list[str]:
    """Twelve shapes of query by turns, each with a hundred choices of words.

    They are more than the product's cache of embeddings holds, so that every one is embedded.
    """
    corpus = Corpus(model_dir)
    chance = random.Random(_SEED + 1)
    return [
        " ".join(chance.choices(corpus.subjects[chance.randrange(_SUBJECTS)][:40], k=length))
        for _ in range(_CHOICES_PER_SHAPE)
        for length in _SHAPES
    ]


_T = TypeVar("_T")


def batched(items: Iterable[_T], size: int) -> Iterator[tuple[_T, ...]]:
    """The items in tuples of `size`; the last may be shorter."""
    left = iter(items)
    while batch := tuple(islice(left, size)):
        yield batch


class Corpus:
    """Made documents, always the same."""

    def __init__(self, model_dir: Path) -> None:
        tokens = json.loads((model_dir / "tokenizer.json").read_text())["model"]["vocab"]
        self._model_dir = model_dir
        self._words = [
            token for token in tokens if token.isascii() and token.isalpha() and len(token) > 2
        ]
        self._weights = list(accumulate(1 / rank for rank in range(1, len(self._words) + 1)))
        chance = random.Random(_SEED)
        self.subjects = [chance.sample(self._words[500:], _SUBJECT_WORDS) for _ in range(_SUBJECTS)]

    def documents(self, count: int) -> Iterator[Made]:
        """The first `count` documents, oldest first."""
        chance = random.Random(_SEED + 2)
        for number in range(1, count + 1):
            subject = chance.randrange(_SUBJECTS)
            chosen = chance.choices(self._words, cum_weights=self._weights, k=75)
            chosen += chance.choices(self.subjects[subject], k=50)
            chance.shuffle(chosen)
            sentences = [" ".join(sentence).capitalize() for sentence in batched(chosen, 12)]
            title = " ".join(chance.choices(self.subjects[subject], k=3)).capitalize()
            yield Made(
                id=uuid5(_SPACE, str(number)),
                number=number,
                subject=subject,
                title=title,
                text=". ".join(sentences) + ".",
                created_at=_FIRST_DAY + timedelta(minutes=13 * number),
                strangers=number % _STRANGERS_SHARE == 0,
            )

    async def centres(self) -> Matrix:
        """The model's vector of each subject, shape (subjects, dimensions)."""
        embedder = LocalEmbedder(self._model_dir)
        try:
            return await embedder.embed([" ".join(words[:40]) for words in self.subjects])
        finally:
            await embedder.close()


def _vectors(made: Sequence[Made], centres: Matrix) -> Matrix:
    """A unit vector per document near its subject's."""
    chance = np.random.default_rng(made[0].number)
    noise = chance.standard_normal((len(made), centres.shape[1])).astype(np.float32)
    noise /= np.linalg.norm(noise, axis=1, keepdims=True)
    matrix = centres[[one.subject for one in made]] + 0.7 * noise
    unit: Matrix = (matrix / np.linalg.norm(matrix, axis=1, keepdims=True)).astype(np.float32)
    return unit


async def _fill_embedded(data: Path, model_dir: Path, documents: int) -> None:
    settings = Settings(data_dir=data)
    await schema.upgrade(settings.database_url)
    database = Database(create_engine(settings.database_url, settings.database))
    corpus = Corpus(model_dir)
    try:
        owners = await _fill_rows(database, corpus, documents)
    finally:
        await database.close()
    await _fill_index(settings, corpus, owners, documents)


async def _fill_index(
    settings: Settings, corpus: Corpus, owners: tuple[UUID, UUID], documents: int
) -> None:
    embedder = LocalEmbedder(settings.model_dir)
    centres = await corpus.centres()

    def opened(optimize_above: int) -> EdgeVectorIndex:
        return EdgeVectorIndex(
            settings.data_dir / "vectors",
            model_id=embedder.model_id,
            dimensions=embedder.dimensions,
            optimize_above=optimize_above,
        )

    # One graph at the end in place of one for every 20,000 chunks.
    index = opened(documents)
    indexer = SearchIndexer(index, SparseEncoder(settings.search.bm25_average_words))
    await index.ensure()
    for made in batched(corpus.documents(documents), _BATCH):
        vectors = _vectors(made, centres)
        for one, vector in zip(made, vectors, strict=True):
            await indexer.index(
                IndexedDocument(
                    one.id, owners[one.strangers], one.title, "text/plain", one.created_at, ()
                ),
                [IndexedChunk(chunk_id(one.id, 1, 0), 0, 1, one.text)],
                vector[np.newaxis],
            )
    await index.close()
    if documents > settings.qdrant.optimize_above:
        index = opened(settings.qdrant.optimize_above)
        await index.ensure()
        await index._optimize()
        await index.close()


async def _fill_rows(database: Database, corpus: Corpus, documents: int) -> tuple[UUID, UUID]:
    owner = await ensure_owner(database)
    stranger = uuid5(_SPACE, "stranger")
    owners = (owner, stranger)
    centres = await corpus.centres()
    topic_ids = [uuid5(_SPACE, f"topic {number}") for number in range(_TOPICS)]
    topics = [
        {
            "id": topic_id,
            "number": number + 1,
            "owner_id": owners[number % 2],
            "name": f"Topic {number}",
            "name_folded": f"topic {number}",
            "color": "#6366f1",
        }
        for number, topic_id in enumerate(topic_ids)
    ]
    async with database.writing() as session:
        session.add(Person(id=stranger, name="stranger"))
        await session.flush()
        await session.execute(insert(Topic), topics)
        for kind, last in ((Numbered.DOCUMENT, documents), (Numbered.TOPIC, _TOPICS)):
            await session.execute(update(Counter).where(Counter.name == kind).values(last=last))
    for made in batched(corpus.documents(documents), _BATCH):
        rows = _rows(made, owners, _vectors(made, centres), topic_ids)
        async with database.writing() as session:
            for table, values in rows.items():
                await session.execute(insert(table), values)
            await session.execute(
                text(_FULL_TEXT[database.dialect]), _terms(database.dialect, made)
            )
    async with database.writing() as session:
        await session.execute(text("ANALYZE"))
    return owners


# Pages are numbered by the database; those of made documents have the document's number.
_FULL_TEXT = {
    "sqlite": "INSERT INTO page_search (rowid, terms) VALUES (:id, :terms)",
    "postgresql": "INSERT INTO page_search (page_id, terms) VALUES (:id, CAST(:terms AS tsvector))",
}


def _terms(dialect: str, made: Sequence[Made]) -> list[dict[str, Any]]:
    if dialect == "sqlite":
        return [{"id": one.number, "terms": " ".join(words(one.text))} for one in made]
    return [{"id": one.number, "terms": _vector(one.text)} for one in made]


def _rows(
    made: Sequence[Made], owners: tuple[UUID, UUID], vectors: Matrix, topic_ids: Sequence[UUID]
) -> dict[Any, list[dict[str, Any]]]:
    """Rows by table, as the pipeline leaves them after its last stage."""
    model = LocalEmbedder(Path()).model_id
    chunks = [
        {
            "id": chunk_id(one.id, 1, 0),
            "document_id": one.id,
            "ordinal": 0,
            "page": 1,
            "start": 0,
            "end": len(one.text),
            "embedding_model": model,
        }
        for one in made
    ]
    for chunk, vector in zip(chunks, vectors, strict=True):
        chunk["embedding"] = vector.astype(np.float16).tobytes()
    return {
        Document: [
            _document(one, owners[one.strangers], vector, model)
            for one, vector in zip(made, vectors, strict=True)
        ],
        StageRecord: [
            {
                "document_id": one.id,
                "stage": stage,
                "position": position,
                "state": StageState.DONE,
                "attempts": 1,
                "result": {},
                "started_at": one.created_at + timedelta(milliseconds=20),
                "finished_at": one.created_at + timedelta(milliseconds=150),
            }
            for one in made
            for position, stage in enumerate(STAGE_ORDER)
        ],
        Page: [
            {"id": one.number, "document_id": one.id, "number": 1, "text": one.text} for one in made
        ],
        Chunk: chunks,
        DocumentTopic: [
            {
                "document_id": one.id,
                # Topics of the same owner: they have even and odd places.
                "topic_id": topic_ids[(one.subject * 2 + one.strangers) % _TOPICS],
                "source": TopicSource.LOCAL,
                "confidence": 0.8,
                "evidence": "Words of the subject.",
            }
            for one in made
        ],
    }


def _document(one: Made, owner_id: UUID, vector: Any, model: str) -> dict[str, Any]:
    content = one.text.encode()
    return {
        "id": one.id,
        "number": one.number,
        "owner_id": owner_id,
        "title": one.title,
        "title_folded": folded_title(one.title),
        "original_name": f"{one.title}.txt",
        "name_folded": folded_title(f"{one.title}.txt"),
        "media_type": "text/plain",
        "size_bytes": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "object_key": f"{owner_id}/{one.id}/original.txt",
        "status": DocumentStatus.READY,
        "page_count": 1,
        "character_count": len(one.text),
        "details": {"metadata": {}, "warnings": []},
        "vector": vector.tobytes(),
        "vector_model": model,
        "created_at": one.created_at,
        "updated_at": one.created_at,
    }
