"""The vector index inside this process: a Qdrant Edge shard in a folder.

The engine may be called from several threads but keeps Python's interpreter lock during every
call, so all calls go through one thread in small slices, syncing to disk is done outside of it,
and the long `optimize` runs in a child process on a copy.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator, Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import TypeVar
from uuid import UUID

import structlog
from qdrant_edge import EdgeShard, UpdateOperation

from docuvault.ai.base import Vector
from docuvault.domain.errors import DependencyUnavailable, DocuVaultError, ErrorCode
from docuvault.search.vectors.base import (
    LegResults,
    SparseVector,
    StoredChunk,
    VectorFilter,
    VectorIndex,
    VectorPoint,
)
from docuvault.search.vectors.edge_folder import PREPARED, EdgeFolder, shard_config
from docuvault.search.vectors.edge_optimizer import optimize_shard
from docuvault.search.vectors.edge_requests import (
    ask,
    count_request,
    delete_operation,
    dense_request,
    edge_point,
    ids_after,
    read_stored,
    sparse_request,
    upsert_operation,
)

# Points per call: about 3 ms during which nothing else in the process runs.
_SLICE = 64
# Points after which to flush: bounds the write-ahead log and the time of a start after a crash.
_FLUSH_AFTER = 1000
# Operations remembered while a copy is optimized; beyond it the copy is given up.
_JOURNAL_LIMIT = 1000

_Result = TypeVar("_Result")
_log = structlog.get_logger(__name__)


class EdgeVectorIndex(VectorIndex):
    """Vectors in a folder that one process holds.

    A folder of another model, or one that cannot be read, is not an error: the index starts empty,
    which its count shows. More than `optimize_above` chunks outside of the graph make it build a
    new one in the background.
    """

    def __init__(
        self, folder: Path, *, model_id: str, dimensions: int, optimize_above: int
    ) -> None:
        self._folder = EdgeFolder(folder, model_id=model_id, dimensions=dimensions)
        self._dimensions = dimensions
        self._optimize_above = optimize_above
        self._shard: EdgeShard | None = None
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="vectors")
        self._writing = asyncio.Lock()
        self._unflushed = 0
        self._journal: list[UpdateOperation] | None = None
        self._optimizing: asyncio.Task[None] | None = None
        self._closing = asyncio.Event()

    async def ensure(self) -> None:
        """Open the folder; `DependencyUnavailable` while another process holds it."""
        async with self._writing:
            if self._shard is None:
                self._shard = await self._call(self._folder.open)

    async def attach(self) -> None:
        """Open the folder as it is; `DependencyUnavailable` while another process holds it."""
        async with self._writing:
            if self._shard is None:
                self._shard = await self._call(self._folder.open_existing)

    async def upsert(self, points: Sequence[VectorPoint], *, replace: bool = True) -> None:
        """Write the points; on disk and visible when it returns."""
        records = [edge_point(point, self._dimensions) for point in points]
        if not records:
            return
        async with self._writing:
            for start in range(0, len(records), _SLICE):
                await self._write(upsert_operation(records[start : start + _SLICE], replace))
            await self._settle(len(records))
        if any(point.dense is not None for point in points):
            await self._optimize_if_due()

    async def delete_document(self, document_id: UUID, keep: Sequence[UUID] = ()) -> None:
        """Remove all chunks of a document but those in `keep`."""
        async with self._writing:
            await self._write(delete_operation(document_id, keep))
            await self._settle(1)

    async def search(
        self,
        filter_: VectorFilter,
        *,
        dense: Vector | None,
        sparse: SparseVector | None,
        limit: int,
    ) -> LegResults:
        """The best chunks of each leg, within the filter."""
        meaning = dense_request(dense, filter_, limit, self._dimensions)
        words = sparse_request(sparse, filter_, limit)
        return await self._run(
            lambda shard: LegResults(dense=ask(shard, meaning), sparse=ask(shard, words))
        )

    async def count(self, owner_id: UUID | None = None) -> int:
        """Chunks in the index, exactly."""
        request = count_request(owner_id)
        return await self._run(lambda shard: shard.count(request))

    async def chunk_ids(self, start: UUID | None = None) -> AsyncIterator[UUID]:
        """The ids of all chunks from `start` on, a slice at a time."""
        while True:
            page, following = await self._run(partial(ids_after, start=start, limit=_SLICE))
            for chunk_id in page:
                yield chunk_id
            if following is None:
                return
            start = following

    async def stored(self, chunk_ids: Sequence[UUID]) -> dict[UUID, StoredChunk]:
        """What the shard holds of these chunks."""
        found: dict[UUID, StoredChunk] = {}
        for start in range(0, len(chunk_ids), _SLICE):
            found |= await self._run(
                partial(read_stored, chunk_ids=chunk_ids[start : start + _SLICE])
            )
        return found

    async def health_check(self) -> bool:
        """Whether the shard answers."""
        try:
            await self._run(lambda shard: shard.info())
        except DocuVaultError:
            return False
        return True

    async def close(self) -> None:
        """Stop optimizing, flush, and let other processes have the folder."""
        self._closing.set()
        if self._optimizing is not None:
            await self._optimizing
        async with self._writing:
            shard, self._shard = self._shard, None
            if shard is not None:
                try:
                    await self._call(shard.close)
                finally:
                    self._folder.release()
        self._thread.shutdown(wait=False)

    async def _run(self, work: Callable[[EdgeShard], _Result]) -> _Result:
        shard = self._shard
        if shard is None:
            raise DependencyUnavailable(ErrorCode.VECTORS_UNAVAILABLE)
        # Looked up again in the thread: the shard may have been exchanged in between.
        return await self._call(lambda: work(self._shard or shard))

    async def _call(self, work: Callable[[], _Result]) -> _Result:
        def guarded() -> _Result:
            try:
                return work()
            except DocuVaultError:
                raise
            except BaseException as error:  # a panic of the engine derives from BaseException
                _log.error("vector index failed", error=type(error).__name__)
                raise DependencyUnavailable(ErrorCode.VECTORS_UNAVAILABLE) from error

        try:
            job = asyncio.get_running_loop().run_in_executor(self._thread, guarded)
        except RuntimeError as error:  # closed
            raise DependencyUnavailable(ErrorCode.VECTORS_UNAVAILABLE) from error
        return await job

    async def _write(self, operation: UpdateOperation) -> None:
        if self._journal is not None:
            self._journal.append(operation)
        await self._run(lambda shard: shard.update(operation))

    async def _settle(self, points: int) -> None:
        # The engine logs every write before it returns but leaves syncing to the kernel.
        try:
            await asyncio.to_thread(self._folder.sync_log)
        except OSError as error:
            raise DependencyUnavailable(ErrorCode.VECTORS_UNAVAILABLE) from error
        self._unflushed += points
        if self._unflushed >= _FLUSH_AFTER:
            self._unflushed = 0
            await self._run(lambda shard: shard.flush())

    async def _optimize_if_due(self) -> None:
        busy = self._optimizing is not None and not self._optimizing.done()
        if busy or self._closing.is_set():
            return
        done = self._folder.manifest.optimized
        points = await self._run(lambda shard: shard.info().points_count)
        # Cheap to know, but it counts words as well, and only meaning needs a graph.
        if points - done <= self._optimize_above:
            return
        if await self.count() - done > self._optimize_above:
            self._optimizing = asyncio.create_task(self._optimize())

    async def _optimize(self) -> None:
        """Build the graph on a copy, catch up what was written meanwhile, and exchange."""
        copy = self._folder.new_shard_path()
        unused = copy
        try:
            async with self._writing:
                covered = await self.count()
                await self._run(lambda shard: shard.flush())
                await asyncio.to_thread(
                    shutil.copytree,
                    self._folder.shard_path,
                    copy,
                    ignore=shutil.ignore_patterns(f"{PREPARED}*"),
                )
                self._journal = []
            done = await optimize_shard(copy, self._closing)
            async with self._writing:
                journal, self._journal = self._journal, None
                if done and len(journal) <= _JOURNAL_LIMIT:
                    replaced = self._folder.shard_path
                    await self._run(lambda shard: self._exchange(shard, copy, journal, covered))
                    unused = replaced
                    _log.info("vector index optimized", chunks=covered)
                elif not self._closing.is_set():
                    _log.warning("vector index not optimized", written_meanwhile=len(journal))
        except (OSError, shutil.Error, DocuVaultError) as error:
            _log.warning("vector index not optimized", error=type(error).__name__)
            self._journal = None
        if unused != self._folder.shard_path:
            await asyncio.to_thread(shutil.rmtree, unused, ignore_errors=True)

    def _exchange(
        self, old: EdgeShard, copy: Path, journal: list[UpdateOperation], covered: int
    ) -> None:
        new = EdgeShard.load(str(copy), shard_config(self._dimensions))
        for operation in journal:
            new.update(operation)
        new.flush()
        self._folder.adopt(copy, optimized=covered)
        self._shard = new
        old.close()
