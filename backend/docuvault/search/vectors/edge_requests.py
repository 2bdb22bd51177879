"""What the index wants, in the words of Qdrant Edge."""

from collections.abc import Sequence
from uuid import UUID

from qdrant_edge import (
    CountRequest,
    EdgeShard,
    FieldCondition,
    Filter,
    HasIdCondition,
    IdfParams,
    MatchAny,
    Point,
    Query,
    QueryRequest,
    RangeFloat,
    SearchParams,
    UpdateOperation,
)
from qdrant_edge import SparseVector as EdgeSparseVector

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


def edge_point(point: VectorPoint, dimensions: int) -> Point:
    """A chunk as the engine stores it; without words it has no sparse vector."""
    vectors: dict[str, list[float] | EdgeSparseVector | list[list[float]]] = {
        DENSE: dense_values(point.dense, dimensions)
    }
    if point.sparse.indices:
        vectors[WORDS] = EdgeSparseVector(*sparse_values(point.sparse))
    return Point(point.id, vectors, payload_of(point))


def dense_request(
    vector: Vector | None, filter_: VectorFilter, limit: int, dimensions: int
) -> QueryRequest | None:
    """The question for meaning, if there is one."""
    if vector is None:
        return None
    return QueryRequest(
        limit=limit,
        query=Query.Nearest(dense_values(vector, dimensions), using=DENSE),
        filter=_filter(conditions(filter_)),
        with_payload=[DOCUMENT_ID],
    )


def sparse_request(
    vector: SparseVector | None, filter_: VectorFilter, limit: int
) -> QueryRequest | None:
    """The question for words, if there is one; rarity is counted among the owner's chunks."""
    if vector is None or not vector.indices:
        return None
    return QueryRequest(
        limit=limit,
        query=Query.Nearest(EdgeSparseVector(*sparse_values(vector)), using=WORDS),
        filter=_filter(conditions(filter_)),
        with_payload=[DOCUMENT_ID],
        params=SearchParams(idf=IdfParams(corpus=_filter([owned_by(filter_.owner_id)]))),
    )


def count_request(owner_id: UUID | None) -> CountRequest:
    """An exact count of one owner's chunks or of all."""
    within = None if owner_id is None else _filter([owned_by(owner_id)])
    return CountRequest(filter=within, exact=True)


def delete_operation(document_id: UUID, keep: Sequence[UUID]) -> UpdateOperation:
    """The removal of a document's chunks but those to keep."""
    doomed = _condition(AnyOf(DOCUMENT_ID, (str(document_id),)))
    spared = [HasIdCondition(set(keep))] if keep else []
    return UpdateOperation.delete_points_by_filter(Filter(must=[doomed], must_not=[*spared]))


def ask(shard: EdgeShard, request: QueryRequest | None) -> tuple[ScoredChunk, ...]:
    """The chunks that answer, best first."""
    if request is None:
        return ()
    return best_first(
        [
            ScoredChunk(_uuid(hit.id), _uuid((hit.payload or {})[DOCUMENT_ID]), hit.score)
            for hit in shard.query(request)
        ]
    )


def _uuid(value: UUID | str | int) -> UUID:
    return value if isinstance(value, UUID) else UUID(str(value))


def _filter(wanted: Sequence[Condition]) -> Filter:
    return Filter(must=[_condition(condition) for condition in wanted])


def _condition(condition: Condition) -> FieldCondition:
    if isinstance(condition, AnyOf):
        return FieldCondition(condition.field, match=MatchAny(list(condition.values)))
    return FieldCondition(condition.field, range=RangeFloat(gte=condition.start, lt=condition.end))
