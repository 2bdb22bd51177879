"""Redis for the length of one block, with keys that do not outlive it."""

import asyncio
from types import TracebackType
from typing import TYPE_CHECKING, Self

import structlog

from docuvault.clients.redis import redis_errors
from docuvault.clients.service import BaseService

if TYPE_CHECKING:
    from redis.asyncio import Redis

_CLEAN_UP_SECONDS = 2.0

log = structlog.get_logger(__name__)


class ManagedRedis:
    """Lends the shared client to a block; its pool stays open for everybody else.

    Entering raises `DependencyUnavailable` while Redis does not answer; so does an outage within
    the block. Keys told to `remove_at_exit` are removed however the block ends, and a clean-up that
    fails is logged and changes nothing about that end.
    """

    def __init__(self, service: BaseService) -> None:
        self._service = service
        self._client: Redis | None = None
        self._keys: list[str] = []

    @property
    def client(self) -> "Redis":
        """The shared client; only within the block."""
        if self._client is None:
            raise RuntimeError("The block has not begun, or is over.")
        return self._client

    def remove_at_exit(self, *keys: str) -> None:
        """Remove these keys when the block ends."""
        self._keys.extend(keys)

    async def __aenter__(self) -> Self:
        self._client = await self._service.require_redis()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._clean_up()
        self._client = None
        if error is not None:
            with redis_errors():
                raise error

    async def _clean_up(self) -> None:
        if not self._keys:
            return
        try:
            async with asyncio.timeout(_CLEAN_UP_SECONDS):
                await self.client.unlink(*self._keys)
        except Exception as error:
            log.warning("redis.clean_up_failed", error=type(error).__name__)
