"""What the index wants, in the words of a Qdrant server."""

from collections.abc import Sequence
from uuid import UUID

from qdrant_client import models

from docuvault.ai.base import Vector
from docuvault.search.vectors.base import ScoredChunk, SparseVector, VectorFilter, VectorPoint
from docuvault.search.vectors.payload import (
    DENSE,
    DOCUMENT_ID,
    WORDS,
    AnyOf,
    Condition,
    best_first,
    conditions,
    dense_values,
    owned_by,
    payload_of,
    sparse_values,
)


def qdrant_point(point: VectorPoint, dimensions: int) -> models.PointStruct:
    """A chunk as the server stores it; without words it has no sparse vector."""
    vectors: dict[str, list[float] | models.SparseVector] = {}
    if point.dense is not None:
        vectors[DENSE] = dense_values(point.dense, dimensions)
    if point.sparse.indices:
        vectors[WORDS] = _sparse(point.sparse)
    return models.PointStruct(id=str(point.id), vector=vectors, payload=payload_of(point))


def dense_request(
    vector: Vector | None, filter_: VectorFilter, limit: int, dimensions: int
) -> models.QueryRequest | None:
    """The question for meaning, if there is one."""
    if vector is None:
        return None
    return models.QueryRequest(
        query=models.NearestQuery(nearest=dense_values(vector, dimensions)),
        using=DENSE,
        filter=_filter(conditions(filter_)),
        limit=limit,
        with_payload=[DOCUMENT_ID],
    )


def sparse_request(
    vector: SparseVector | None, filter_: VectorFilter, limit: int
) -> models.QueryRequest | None:
    """The question for words, if there is one; rarity is counted among the owner's chunks."""
    if vector is None or not vector.indices:
        return None
    corpus = models.IdfCorpusParams(corpus=owner_filter(filter_.owner_id))
    return models.QueryRequest(
        query=models.NearestQuery(nearest=_sparse(vector)),
        using=WORDS,
        filter=_filter(conditions(filter_)),
        limit=limit,
        with_payload=[DOCUMENT_ID],
        params=models.SearchParams(idf=corpus),
    )


def owner_filter(owner_id: UUID) -> models.Filter:
    """All chunks of one owner."""
    return _filter([owned_by(owner_id)])


def count_filter(owner_id: UUID | None) -> models.Filter:
    """One owner's chunks or all, as far as they have a dense vector."""
    whose = [] if owner_id is None else [_condition(owned_by(owner_id))]
    return models.Filter(must=[models.HasVectorCondition(has_vector=DENSE), *whose])


def dense_filter(chunk_ids: Sequence[UUID]) -> models.Filter:
    """Those of the chunks that have a dense vector."""
    named = models.HasIdCondition(has_id=[str(chunk_id) for chunk_id in chunk_ids])
    return models.Filter(must=[named, models.HasVectorCondition(has_vector=DENSE)])


def delete_filter(document_id: UUID, keep: Sequence[UUID]) -> models.Filter:
    """A document's chunks but those to keep."""
    doomed = _condition(AnyOf(DOCUMENT_ID, (str(document_id),)))
    if not keep:
        return models.Filter(must=[doomed])
    spared = models.HasIdCondition(has_id=[str(chunk) for chunk in keep])
    return models.Filter(must=[doomed], must_not=[spared])


def chunks_of(answer: models.QueryResponse) -> tuple[ScoredChunk, ...]:
    """The chunks of one answer, best first."""
    return best_first(
        [
            ScoredChunk(UUID(str(hit.id)), UUID((hit.payload or {})[DOCUMENT_ID]), hit.score)
            for hit in answer.points
        ]
    )


def _sparse(vector: SparseVector) -> models.SparseVector:
    indices, values = sparse_values(vector)
    return models.SparseVector(indices=indices, values=values)


def _filter(wanted: Sequence[Condition]) -> models.Filter:
    return models.Filter(must=[_condition(condition) for condition in wanted])


def _condition(condition: Condition) -> models.FieldCondition:
    if isinstance(condition, AnyOf):
        return models.FieldCondition(
            key=condition.field, match=models.MatchAny(any=list(condition.values))
        )
    return models.FieldCondition(
        key=condition.field, range=models.Range(gte=condition.start, lt=condition.end)
    )
