"""The vector index on a Qdrant server: one collection per model, shared by all owners."""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from functools import partial
from http import HTTPStatus
from typing import TypeVar
from uuid import UUID

import structlog
from qdrant_client import AsyncQdrantClient, models
from qdrant_client.common.client_exceptions import ResourceExhaustedResponse
from qdrant_client.http.exceptions import ResponseHandlingException, UnexpectedResponse

from docuvault.ai.base import Vector
from docuvault.clients.qdrant import QdrantService
from docuvault.domain.errors import DependencyUnavailable, DocuVaultError, ErrorCode
from docuvault.search.vectors.base import (
    LegResults,
    SparseVector,
    StoredChunk,
    VectorFilter,
    VectorIndex,
    VectorPoint,
)
from docuvault.search.vectors.payload import (
    DENSE,
    DOCUMENT_ID,
    INDEXED_FIELDS,
    OWNER_ID,
    WORDS,
    FieldKind,
    stored_chunks,
    uuid_of,
)
from docuvault.search.vectors.qdrant_requests import (
    chunks_of,
    count_filter,
    delete_filter,
    dense_filter,
    dense_request,
    qdrant_point,
    sparse_request,
)

# About a megabyte of JSON at 384 dimensions.
_BATCH = 128
# Ids per page of a scan.
_PAGE = 1000
# Waits before the second and third try, for calls that failed within so many seconds.
_PAUSES = (0.05, 0.25)
_FAST = 1.0
# The first server that counts the rarity of words within a filter as our searches ask.
_OLDEST = (1, 20)

_Result = TypeVar("_Result")
_log = structlog.get_logger(__name__)


class _CollectionMissing(DependencyUnavailable):
    """The server is there, the collection is not."""


class QdrantVectorIndex(VectorIndex):
    """Vectors in the collection `{prefix}__{model_id}__{dimensions}`.

    The service is lent: `close` leaves it open. While its circuit is open, every call fails at
    once. A collection that vanished is made again, empty, by the next write; until then nothing
    can be read.
    """

    def __init__(
        self,
        service: QdrantService,
        *,
        collection_prefix: str,
        model_id: str,
        dimensions: int,
    ) -> None:
        self._service = service
        self._dimensions = dimensions
        model = re.sub(r"[^A-Za-z0-9.-]+", "-", model_id)
        self._collection = f"{collection_prefix}__{model}__{dimensions}"

    async def ensure(self) -> None:
        """Make the collection and its payload indexes where they are missing."""
        await self._check_version()
        if not await self._call(lambda: self._client.collection_exists(self._collection)):
            await self._create()
        info = await self._call(lambda: self._client.get_collection(self._collection))
        for field, kind in INDEXED_FIELDS.items():
            if field not in info.payload_schema:
                await self._index(field, kind)

    async def attach(self) -> None:
        """Ask the server whether it is there; a collection that vanished holds no chunks."""
        await self._call(lambda: self._client.collection_exists(self._collection))

    async def upsert(self, points: Sequence[VectorPoint], *, replace: bool = True) -> None:
        """Write the points in batches; each is on the server's disk when it returns."""
        records = [qdrant_point(point, self._dimensions) for point in points]
        mode = models.UpdateMode.UPSERT if replace else models.UpdateMode.INSERT_ONLY
        upsert = partial(self._client.upsert, self._collection, wait=True, update_mode=mode)
        for start in range(0, len(records), _BATCH):
            await self._write(partial(upsert, points=records[start : start + _BATCH]))

    async def delete_document(self, document_id: UUID, keep: Sequence[UUID] = ()) -> None:
        """Remove all chunks of a document but those in `keep`."""
        doomed = models.FilterSelector(filter=delete_filter(document_id, keep))
        await self._write(lambda: self._client.delete(self._collection, doomed, wait=True))

    async def search(
        self,
        filter_: VectorFilter,
        *,
        dense: Vector | None,
        sparse: SparseVector | None,
        limit: int,
    ) -> LegResults:
        """The best chunks of each leg, within the filter, in one round trip."""
        meaning = dense_request(dense, filter_, limit, self._dimensions)
        words = sparse_request(sparse, filter_, limit)
        asked = [request for request in (meaning, words) if request is not None]
        if not asked:
            return LegResults(dense=(), sparse=())
        answers = iter(
            await self._call(lambda: self._client.query_batch_points(self._collection, asked))
        )
        return LegResults(
            dense=() if meaning is None else chunks_of(next(answers)),
            sparse=() if words is None else chunks_of(next(answers)),
        )

    async def count(self, owner_id: UUID | None = None) -> int:
        """Chunks in the index, exactly."""
        within = count_filter(owner_id)
        answer = await self._call(
            lambda: self._client.count(self._collection, count_filter=within, exact=True)
        )
        return answer.count

    async def chunk_ids(self, start: UUID | None = None) -> AsyncIterator[UUID]:
        """The ids of all chunks from `start` on, a batch at a time."""
        after: models.ExtendedPointId | None = None if start is None else str(start)
        while True:
            try:
                page, after = await self._call(
                    partial(
                        self._client.scroll,
                        self._collection,
                        offset=after,
                        limit=_PAGE,
                        with_payload=False,
                    )
                )
            except _CollectionMissing:
                return
            for record in page:
                yield uuid_of(record.id)
            if after is None:
                return

    async def stored(self, chunk_ids: Sequence[UUID]) -> dict[UUID, StoredChunk]:
        """What the collection holds of these chunks."""
        if not chunk_ids:
            return {}
        wanted: list[models.ExtendedPointId] = [str(chunk_id) for chunk_id in chunk_ids]
        try:
            records = await self._call(
                lambda: self._client.retrieve(
                    self._collection, wanted, with_payload=[DOCUMENT_ID, OWNER_ID]
                )
            )
            # Asking which have a vector costs far less than having the vectors sent.
            dense, _ = await self._call(
                lambda: self._client.scroll(
                    self._collection,
                    dense_filter(chunk_ids),
                    limit=len(chunk_ids),
                    with_payload=False,
                )
            )
        except _CollectionMissing:
            return {}
        return stored_chunks(
            ((uuid_of(record.id), record.payload) for record in records),
            {uuid_of(record.id) for record in dense},
        )

    async def health_check(self) -> bool:
        """Whether the server answers and has the collection."""
        try:
            await self._service.require()
            return await self._call(lambda: self._client.collection_exists(self._collection))
        except DocuVaultError:
            return False

    async def close(self) -> None:
        """Nothing is held here: every write was awaited, and the client belongs to its lender."""

    @property
    def _client(self) -> AsyncQdrantClient:
        return self._service.client

    async def _create(self) -> None:
        try:
            await self._call(
                lambda: self._client.create_collection(
                    self._collection,
                    vectors_config={
                        DENSE: models.VectorParams(
                            size=self._dimensions, distance=models.Distance.COSINE
                        )
                    },
                    sparse_vectors_config={
                        WORDS: models.SparseVectorParams(modifier=models.Modifier.IDF)
                    },
                )
            )
        except DependencyUnavailable:
            # Another process may have been faster; whoever comes second uses what is there.
            if not await self._call(lambda: self._client.collection_exists(self._collection)):
                raise
        _log.info("vector collection created", collection=self._collection)

    async def _index(self, field: str, kind: FieldKind) -> None:
        await self._call(
            lambda: self._client.create_payload_index(
                self._collection, field, field_schema=_SCHEMAS[kind], wait=True
            )
        )

    async def _check_version(self) -> None:
        version = (await self._call(self._client.info)).version
        found = re.match(r"(\d+)\.(\d+)", version)
        if found is None or (int(found[1]), int(found[2])) < _OLDEST:
            _log.warning("Qdrant server is older than supported", version=version)

    async def _write(self, call: Callable[[], Awaitable[_Result]]) -> _Result:
        try:
            return await self._call(call)
        except _CollectionMissing:
            await self.ensure()
            return await self._call(call)

    async def _call(self, call: Callable[[], Awaitable[_Result]]) -> _Result:
        """Ask the server; what fails at once for a passing reason is asked again.

        A server that does not answer opens the circuit: nobody else waits for it.
        """
        clock = asyncio.get_running_loop().time
        pauses = iter(_PAUSES)
        while True:
            if self._service.is_open:
                raise self._service.unavailable()
            begun = clock()
            try:
                return await call()
            except UnexpectedResponse as error:
                if error.status_code == HTTPStatus.NOT_FOUND:
                    raise _CollectionMissing(ErrorCode.VECTORS_UNAVAILABLE) from error
                fault = f"status {error.status_code}"
                passing = (error.status_code or 0) >= HTTPStatus.INTERNAL_SERVER_ERROR
                cause: Exception = error
            except ResourceExhaustedResponse as error:
                fault, passing, cause = "overloaded", True, error
            except ResponseHandlingException as error:
                fault, passing, cause = type(error.source).__name__, True, error
            pause = next(pauses, None)
            if pause is None or not passing or clock() - begun > _FAST:
                _log.warning("Qdrant does not answer", fault=fault)
                if isinstance(cause, ResponseHandlingException):
                    self._service.failed(cause)
                raise DependencyUnavailable(ErrorCode.VECTORS_UNAVAILABLE) from cause
            await asyncio.sleep(pause)


_SCHEMAS: dict[FieldKind, models.KeywordIndexParams | models.PayloadSchemaType] = {
    FieldKind.TENANT: models.KeywordIndexParams(
        type=models.KeywordIndexType.KEYWORD, is_tenant=True
    ),
    FieldKind.KEYWORD: models.PayloadSchemaType.KEYWORD,
    FieldKind.INTEGER: models.PayloadSchemaType.INTEGER,
}
