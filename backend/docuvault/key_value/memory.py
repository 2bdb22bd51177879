"""Key-value storage inside one process and one event loop; it ends with the process."""

import heapq
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

from docuvault.domain.errors import DependencyUnavailable, ErrorCode
from docuvault.key_value.base import Storage
from docuvault.key_value.entries import MAX_COUNT, MIN_COUNT, integer, out_of_range

MAX_BYTES = 64 * 1024 * 1024
# What an entry costs besides its key and value, about.
_OVERHEAD = 300
_SLACK = 64


@dataclass(frozen=True, slots=True)
class _Entry:
    encoded: bytes
    expires_at: float


class MemoryStorage(Storage):
    """A dictionary of encoded values. No method waits in its midst, so each is one step.

    `clock` counts seconds and never goes back. What has expired is dropped with the next write.
    Keys and values take `max_bytes` at the most; beyond, writes raise `DependencyUnavailable`.
    """

    def __init__(
        self, *, clock: Callable[[], float] = time.monotonic, max_bytes: int = MAX_BYTES
    ) -> None:
        self._clock = clock
        self._max_bytes = max_bytes
        self._bytes = 0
        self._entries: dict[str, _Entry] = {}
        # Soonest first. Overwritten entries leave theirs behind until they come up.
        self._deadlines: list[tuple[float, str]] = []

    async def close(self) -> None:
        """Forget everything."""
        self._entries.clear()
        self._deadlines.clear()
        self._bytes = 0

    async def _read(self, key: str) -> bytes | None:
        entry = self._find(key)
        return None if entry is None else entry.encoded

    async def _write(self, key: str, encoded: bytes, expire: float | None) -> None:
        self._put(key, encoded, self._deadline(expire))

    async def _write_if_absent(self, key: str, encoded: bytes, expire: float | None) -> bool:
        if self._find(key) is not None:
            return False
        self._put(key, encoded, self._deadline(expire))
        return True

    async def _replace(
        self, key: str, expected: bytes, encoded: bytes, expire: float | None
    ) -> bool:
        entry = self._find(key)
        if entry is None or entry.encoded != expected:
            return False
        self._put(key, encoded, self._deadline(expire))
        return True

    async def _count(self, key: str, amount: int, expire: float | None) -> int:
        entry = self._find(key)
        before = 0 if entry is None else integer(entry.encoded)
        after = before + amount
        if not MIN_COUNT <= after <= MAX_COUNT:
            raise out_of_range()
        deadline = self._deadline(expire) if entry is None else entry.expires_at
        self._put(key, b"%d" % after, deadline)
        return after

    async def _remove(self, keys: list[str]) -> int:
        found = {key for key in keys if self._find(key) is not None}
        for key in found:
            self._drop(key)
        return len(found)

    async def _keys(self, prefix: str) -> AsyncIterator[str]:
        for key in [key for key in self._entries if key.startswith(prefix)]:
            if self._find(key) is not None:
                yield key

    def _find(self, key: str) -> _Entry | None:
        entry = self._entries.get(key)
        return entry if entry is not None and entry.expires_at > self._clock() else None

    def _deadline(self, expire: float | None) -> float:
        return float("inf") if expire is None else self._clock() + expire

    def _put(self, key: str, encoded: bytes, expires_at: float) -> None:
        self._drop_expired()
        before = self._entries.get(key)
        growth = _cost(key, encoded) - (0 if before is None else _cost(key, before.encoded))
        if self._bytes + growth > self._max_bytes:
            raise DependencyUnavailable(
                ErrorCode.SERVICE_UNAVAILABLE, "Too much is being remembered just now."
            )
        self._entries[key] = _Entry(encoded, expires_at)
        self._bytes += growth
        if expires_at != float("inf") and (before is None or before.expires_at != expires_at):
            heapq.heappush(self._deadlines, (expires_at, key))

    def _drop(self, key: str) -> None:
        self._bytes -= _cost(key, self._entries.pop(key).encoded)

    def _drop_expired(self) -> None:
        now = self._clock()
        while self._deadlines and self._deadlines[0][0] <= now:
            _, key = heapq.heappop(self._deadlines)
            entry = self._entries.get(key)
            if entry is not None and entry.expires_at <= now:
                self._drop(key)
        if len(self._deadlines) > 2 * len(self._entries) + _SLACK:
            self._deadlines = [
                (entry.expires_at, key)
                for key, entry in self._entries.items()
                if entry.expires_at != float("inf")
            ]
            heapq.heapify(self._deadlines)


def _cost(key: str, encoded: bytes) -> int:
    return len(key.encode()) + len(encoded) + _OVERHEAD
