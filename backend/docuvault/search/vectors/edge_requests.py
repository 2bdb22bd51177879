"""What the index wants, in the words of Qdrant Edge."""

from collections.abc import Sequence
from uuid import UUID

from qdrant_edge import (
    CountRequest,
    EdgeShard,
    FieldCondition,
    Filter,
    HasIdCondition,
    HasVectorCondition,
    IdfParams,
    MatchAny,
    MatchValue,
    Point,
    Query,
    QueryRequest,
    RangeFloat,
    ScrollRequest,
    SearchParams,
    UpdateMode,
    UpdateOperation,
)
from qdrant_edge import SparseVector as EdgeSparseVector

from docuvault.ai.base import Vector
from docuvault.search.vectors.base import (
    ScoredChunk,
    SparseVector,
    StoredChunk,
    VectorFilter,
    VectorPoint,
)
from docuvault.search.vectors.payload import (
    DENSE,
    DOCUMENT_ID,
    OWNER_ID,
    WORDS,
    AnyOf,
    Condition,
    best_first,
    conditions,
    dense_values,
    owned_by,
    payload_of,
    sparse_values,
    stored_chunks,
    uuid_of,
)


def edge_point(point: VectorPoint, dimensions: int) -> Point:
    """A chunk as the engine stores it; without words it has no sparse vector."""
    vectors: dict[str, list[float] | EdgeSparseVector | list[list[float]]] = {}
    if point.dense is not None:
        vectors[DENSE] = dense_values(point.dense, dimensions)
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
    """An exact count of one owner's chunks or of all, as far as they have a dense vector."""
    whose = [] if owner_id is None else [_condition(owned_by(owner_id))]
    return CountRequest(filter=Filter(must=[HasVectorCondition(DENSE), *whose]), exact=True)


def upsert_operation(points: list[Point], replace: bool) -> UpdateOperation:
    """Write the points; without `replace`, those that are there already stay as they are."""
    mode = UpdateMode.Upsert if replace else UpdateMode.InsertOnly
    return UpdateOperation.upsert_points(points, update_mode=mode)


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
            ScoredChunk(uuid_of(hit.id), UUID((hit.payload or {})[DOCUMENT_ID]), hit.score)
            for hit in shard.query(request)
        ]
    )


def ids_after(
    shard: EdgeShard, *, start: UUID | None, limit: int
) -> tuple[list[UUID], UUID | None]:
    """At most `limit` ids from `start` on, and where the next page starts."""
    records, following = shard.scroll(
        ScrollRequest(offset=start, limit=limit, with_payload=False, with_vector=False)
    )
    found = [uuid_of(record.id) for record in records]
    return found, None if following is None else uuid_of(following)


def read_stored(shard: EdgeShard, *, chunk_ids: Sequence[UUID]) -> dict[UUID, StoredChunk]:
    """What the shard holds of these chunks."""
    records = shard.retrieve(
        list(chunk_ids), with_payload=[DOCUMENT_ID, OWNER_ID], with_vector=False
    )
    # Asking which have a vector costs far less than having the vectors sent.
    dense, _ = shard.scroll(
        ScrollRequest(
            filter=Filter(must=[HasIdCondition(set(chunk_ids)), HasVectorCondition(DENSE)]),
            limit=len(chunk_ids),
            with_payload=False,
            with_vector=False,
        )
    )
    return stored_chunks(
        ((uuid_of(record.id), record.payload) for record in records),
        {uuid_of(record.id) for record in dense},
    )


def _filter(wanted: Sequence[Condition]) -> Filter:
    return Filter(must=[_condition(condition) for condition in wanted])


def _condition(condition: Condition) -> FieldCondition:
    if isinstance(condition, AnyOf) and len(condition.values) == 1:
        # Counting the rarity of words within one owner is three times as fast this way.
        return FieldCondition(condition.field, match=MatchValue(condition.values[0]))
    if isinstance(condition, AnyOf):
        return FieldCondition(condition.field, match=MatchAny(list(condition.values)))
    return FieldCondition(condition.field, range=RangeFloat(gte=condition.start, lt=condition.end))
