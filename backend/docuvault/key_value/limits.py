"""How often something may be done, counted over all processes; never without a limit."""

import structlog

from docuvault.domain.errors import DependencyUnavailable, ErrorCode, Forbidden
from docuvault.key_value.base import Storage
from docuvault.key_value.memory import MemoryStorage

# A client address or the like; longer ones would not fit into a key.
_WHO_CHARACTERS = 200

log = structlog.get_logger(__name__)


class CallLimit:
    """At most `calls` in each `seconds` for everybody who calls.

    While the store is away each process counts by itself.
    """

    def __init__(self, storage: Storage, name: str, *, calls: int, seconds: float) -> None:
        self._storage = storage
        self._here = MemoryStorage(max_bytes=1024 * 1024)
        self._name = name
        self._calls = calls
        self._seconds = seconds

    async def spend(self, who: str) -> None:
        """Count a call; raises `Forbidden(too_many_requests)` beyond the limit."""
        key = f"limit:{self._name}:{who[:_WHO_CHARACTERS]}"
        try:
            count = await self._storage.increment(key, expire=self._seconds)
        except DependencyUnavailable as error:
            log.warning("limit.counted_here", name=self._name, code=error.code.value)
            count = await self._here.increment(key, expire=self._seconds)
        if count > self._calls:
            raise Forbidden(ErrorCode.TOO_MANY_REQUESTS)

    async def give_back(self, who: str) -> None:
        """The call just counted shall not count after all."""
        key = f"limit:{self._name}:{who[:_WHO_CHARACTERS]}"
        try:
            await self._storage.increment(key, -1, expire=self._seconds)
        except DependencyUnavailable:
            await self._here.increment(key, -1, expire=self._seconds)
