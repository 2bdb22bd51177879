"""Storage that goes away and comes back, and a clock that goes when it is told to."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

from docuvault.domain.errors import DependencyUnavailable, ErrorCode
from docuvault.key_value.memory import MemoryStorage


class Clock:
    """A moment that tests move."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class LeavingStorage(MemoryStorage):
    """The memory driver behind a switch; several processes of a test may share one."""

    def __init__(self) -> None:
        super().__init__()
        self.away = False
        self.writes = 0

    async def _read(self, key: str) -> bytes | None:
        self._look()
        return await super()._read(key)

    async def _write(self, key: str, encoded: bytes, expire: float | None) -> None:
        self._look(writes=True)
        await super()._write(key, encoded, expire)

    async def _write_if_absent(self, key: str, encoded: bytes, expire: float | None) -> bool:
        self._look(writes=True)
        return await super()._write_if_absent(key, encoded, expire)

    async def _replace(
        self, key: str, expected: bytes, encoded: bytes, expire: float | None
    ) -> bool:
        self._look(writes=True)
        return await super()._replace(key, expected, encoded, expire)

    async def _count(self, key: str, amount: int, expire: float | None) -> int:
        self._look(writes=True)
        return await super()._count(key, amount, expire)

    async def _remove(self, keys: list[str]) -> int:
        self._look(writes=True)
        return await super()._remove(keys)

    async def _keys(self, prefix: str) -> AsyncIterator[str]:
        self._look()
        async for key in super()._keys(prefix):
            yield key

    def _look(self, *, writes: bool = False) -> None:
        if self.away:
            raise DependencyUnavailable(ErrorCode.REDIS_UNAVAILABLE)
        self.writes += writes
