"""Uploads that are sent again under the same Idempotency-Key: one document, and one answer.

The key-value storage remembers a running upload by a mark that is renewed while it runs, so that a
process that dies blocks nobody for long, and a finished one by the hash of its bytes. Without the
storage uploads go on, and the bytes alone decide (docs/decisions/0006).
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TypeVar
from uuid import UUID, uuid4

import structlog
from pydantic import JsonValue

from docuvault.documents.upload import UploadOutcome, UploadService
from docuvault.domain.errors import Conflict, CorruptValue, DependencyUnavailable, ErrorCode
from docuvault.key_value.base import Storage

T = TypeVar("T")

# Seconds that an answer is remembered, and that a mark outlives the process that set it.
KEPT_SECONDS = 24 * 3600.0
MARK_SECONDS = 6.0
# A storage that takes longer than this is treated like one that is away.
_PATIENCE = 0.5

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class _Remembered:
    """How the first upload under a key ended."""

    sha256: str
    document_id: str
    duplicate: bool


class IdempotentUploads:
    """Stores files as `UploadService` does, at most once per owner and key."""

    def __init__(self, uploads: UploadService, storage: Storage) -> None:
        self._uploads = uploads
        self._storage = storage

    async def store(
        self,
        owner_id: UUID,
        idempotency_key: str | None,
        raw_name: str,
        chunks: AsyncIterator[bytes],
        auto_classify: Callable[[], bool],
    ) -> UploadOutcome:
        """As `UploadService.store`; the outcome of a repetition is that of the first time.

        Raises `Conflict(in_progress)` before anything is read while the first is still running,
        and `InvalidInput(idempotency_conflict)` for other bytes, of which nothing is kept.
        """
        if idempotency_key is None:
            return await self._uploads.store(owner_id, raw_name, chunks, auto_classify)
        key = _key_of(owner_id, idempotency_key)
        async with self._marked(key) as first:
            outcome = await self._uploads.store(
                owner_id,
                raw_name,
                chunks,
                auto_classify,
                expected_sha256=first.sha256 if first else None,
            )
            if first and first.document_id == str(outcome.document_id):
                return replace(outcome, duplicate=first.duplicate, replayed=True)
            remembered: JsonValue = {
                "sha256": outcome.sha256,
                "document_id": str(outcome.document_id),
                "duplicate": outcome.duplicate,
            }
            await _or_none(self._storage.set(key, remembered, expire=KEPT_SECONDS))
            return outcome

    @asynccontextmanager
    async def _marked(self, key: str) -> AsyncIterator[_Remembered | None]:
        """Hold the key; gives what is remembered of a first upload that has ended."""
        mark: JsonValue = {"running": uuid4().hex}
        is_ours = await _or_none(self._storage.add_if_absent(key, mark, expire=MARK_SECONDS))
        if not is_ours:
            # None: without the storage nothing is known, and nothing need be held.
            yield None if is_ours is None else await self._first(key)
            return
        renewing = asyncio.create_task(self._renew(key, mark), name="idempotency-mark")
        try:
            yield None
        except BaseException:
            # Nothing was acknowledged, so the next try is a first one.
            if not renewing.done():
                await _or_none(self._storage.delete(key))
            raise
        finally:
            renewing.cancel()
            await asyncio.gather(renewing, return_exceptions=True)

    async def _first(self, key: str) -> _Remembered | None:
        """What is remembered; None when it was forgotten just now, or cannot be read."""
        found = await _or_none(self._storage.get(key))
        match found:
            case {"running": _}:
                raise Conflict(ErrorCode.IN_PROGRESS)
            case {"sha256": str(sha256), "document_id": str(id_), "duplicate": bool(duplicate)}:
                return _Remembered(sha256, id_, duplicate)
        return None

    async def _renew(self, key: str, mark: JsonValue) -> None:
        kept: bool | None = True
        while kept is not False:
            await asyncio.sleep(MARK_SECONDS / 3)
            kept = await _or_none(
                self._storage.compare_and_set(key, mark, mark, expire=MARK_SECONDS)
            )


def _key_of(owner_id: UUID, idempotency_key: str) -> str:
    return f"idempotency:{owner_id}:{hashlib.sha256(idempotency_key.encode()).hexdigest()}"


async def _or_none(asked: Awaitable[T]) -> T | None:
    """What the storage says; None when it is away, takes too long, or holds nonsense."""
    try:
        async with asyncio.timeout(_PATIENCE):
            return await asked
    except (DependencyUnavailable, CorruptValue, TimeoutError) as error:
        log.warning("idempotency.unknown", error=type(error).__name__)
        return None
