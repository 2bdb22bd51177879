"""What every vector driver stores beside a chunk and what a filter means, in terms of no engine."""

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

import numpy as np

from docuvault.ai.base import Vector
from docuvault.domain.errors import ConfigurationError, ErrorCode, ProcessingFailed
from docuvault.search.vectors.base import (
    ScoredChunk,
    SparseVector,
    StoredChunk,
    VectorFilter,
    VectorPoint,
)

DENSE = "dense"
WORDS = "words"

OWNER_ID = "owner_id"
DOCUMENT_ID = "document_id"
TOPIC_IDS = "topic_ids"
MEDIA_TYPE = "media_type"
CREATED_AT = "created_at"
PAGE = "page"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class FieldKind(StrEnum):
    """How a payload field is indexed."""

    TENANT = "tenant"
    KEYWORD = "keyword"
    INTEGER = "integer"


INDEXED_FIELDS: Mapping[str, FieldKind] = {
    OWNER_ID: FieldKind.TENANT,
    DOCUMENT_ID: FieldKind.KEYWORD,
    TOPIC_IDS: FieldKind.KEYWORD,
    MEDIA_TYPE: FieldKind.KEYWORD,
    CREATED_AT: FieldKind.INTEGER,
}


@dataclass(frozen=True, slots=True)
class AnyOf:
    """The field holds at least one of the values."""

    field: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Between:
    """The field lies in [`start`, `end`); None leaves a side open."""

    field: str
    start: int | None
    end: int | None


Condition = AnyOf | Between


def owned_by(owner_id: UUID) -> AnyOf:
    """The condition that every read carries."""
    return AnyOf(OWNER_ID, (str(owner_id),))


def conditions(filter_: VectorFilter) -> list[Condition]:
    """All conditions that a found chunk must meet; the owner's always comes first."""
    found: list[Condition] = [owned_by(filter_.owner_id)]
    if filter_.topic_ids:
        found.append(AnyOf(TOPIC_IDS, tuple(str(topic) for topic in filter_.topic_ids)))
    if filter_.media_types:
        found.append(AnyOf(MEDIA_TYPE, tuple(filter_.media_types)))
    if filter_.created_from is not None or filter_.created_before is not None:
        found.append(
            Between(
                CREATED_AT,
                None if filter_.created_from is None else microseconds(filter_.created_from),
                None if filter_.created_before is None else microseconds(filter_.created_before),
            )
        )
    return found


def microseconds(moment: datetime) -> int:
    """Microseconds since 1970 UTC, exact; raises ValueError without a time zone."""
    if moment.tzinfo is None:
        raise ValueError("a moment in the vector index needs a time zone")
    return (moment - _EPOCH) // _MICROSECOND


def payload_of(point: VectorPoint) -> dict[str, Any]:
    """What is stored beside the vectors of a chunk."""
    return {
        OWNER_ID: str(point.owner_id),
        DOCUMENT_ID: str(point.document_id),
        PAGE: point.page,
        MEDIA_TYPE: point.media_type,
        TOPIC_IDS: [str(topic) for topic in point.topic_ids],
        CREATED_AT: microseconds(point.created_at),
    }


def stored_chunks(
    records: Iterable[tuple[UUID, Mapping[str, Any] | None]], with_meaning: Set[UUID]
) -> dict[UUID, StoredChunk]:
    """What payloads say of their chunks; whatever else lies there is not believed."""
    return {
        chunk_id: StoredChunk(
            chunk_id,
            _uuid_or_none((payload or {}).get(DOCUMENT_ID)),
            _uuid_or_none((payload or {}).get(OWNER_ID)),
            chunk_id in with_meaning,
        )
        for chunk_id, payload in records
    }


def uuid_of(point_id: UUID | str | int) -> UUID:
    """The id of a point; engines also take numbers, which only a stranger would have used."""
    if isinstance(point_id, UUID):
        return point_id
    return UUID(int=point_id) if isinstance(point_id, int) else UUID(point_id)


def _uuid_or_none(value: Any) -> UUID | None:
    try:
        return UUID(value)
    except (ValueError, TypeError, AttributeError):
        return None


def dense_values(vector: Vector, dimensions: int) -> list[float]:
    """The vector as an engine takes it.

    Raises `ConfigurationError` when its length is not the index's and
    `ProcessingFailed(ai_invalid_output)` when a component is not a finite number.
    """
    if vector.shape != (dimensions,):
        raise ConfigurationError(
            f"The vector index takes {dimensions} dimensions, not a vector of shape {vector.shape}."
        )
    if not np.isfinite(vector).all():
        raise ProcessingFailed(ErrorCode.AI_INVALID_OUTPUT)
    values: list[float] = vector.astype(np.float32, copy=False).tolist()
    return values


def sparse_values(vector: SparseVector) -> tuple[list[int], list[float]]:
    """Indices and values as an engine takes them; raises ValueError when they do not pair up."""
    if len(vector.indices) != len(vector.values):
        raise ValueError("a sparse vector needs one value per index")
    return list(vector.indices), list(vector.values)


def best_first(chunks: list[ScoredChunk]) -> tuple[ScoredChunk, ...]:
    """By falling score; equal scores by id, so that every driver gives the same order."""
    return tuple(sorted(chunks, key=lambda chunk: (-chunk.score, chunk.chunk_id)))
