"""Chunks and questions for the suite of the vector index."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid5

import numpy as np

from docuvault.ai.base import Vector
from docuvault.search.vectors.base import (
    LegResults,
    SparseVector,
    VectorFilter,
    VectorIndex,
    VectorPoint,
)

DIMENSIONS = 8
ANNA, BERT = UUID(int=0xA), UUID(int=0xB)
START = datetime(2026, 3, 1, tzinfo=UTC)
NAMES = UUID(int=0x77)


def chunk(
    number: int,
    *,
    owner: UUID = ANNA,
    document: int = 1,
    dense: Sequence[float] | None = None,
    words: dict[int, float] | None = None,
    topics: Sequence[UUID] = (),
    media_type: str = "application/pdf",
    created_at: datetime = START,
) -> VectorPoint:
    words = {7: 1.0} if words is None else words
    return VectorPoint(
        id=uuid5(NAMES, f"{owner}/{number}"),
        owner_id=owner,
        document_id=uuid5(NAMES, f"{owner}/document/{document}"),
        page=1,
        media_type=media_type,
        topic_ids=tuple(topics),
        created_at=created_at,
        dense=vector(*(dense or [1.0, number / 10])),
        sparse=SparseVector(tuple(words), tuple(words.values())),
    )


def vector(*head: float) -> Vector:
    values = np.zeros(DIMENSIONS, dtype=np.float32)
    values[: len(head)] = head
    return values / np.linalg.norm(values)


def query(*words: int) -> SparseVector:
    return SparseVector(words, (1.0,) * len(words))


def of(owner: UUID = ANNA, **narrowing: object) -> VectorFilter:
    return replace(VectorFilter(owner), **narrowing)  # type: ignore[arg-type]


async def both_legs(
    index: VectorIndex, filter_: VectorFilter, *words: int, limit: int = 100
) -> LegResults:
    return await index.search(
        filter_, dense=vector(1.0), sparse=query(*(words or (7,))), limit=limit
    )


def ids(points: Sequence[VectorPoint]) -> set[UUID]:
    return {point.id for point in points}


def found(results: LegResults) -> tuple[set[UUID], set[UUID]]:
    return {c.chunk_id for c in results.dense}, {c.chunk_id for c in results.sparse}
