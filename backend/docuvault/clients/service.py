"""What services that lean on Redis or Qdrant share."""

from typing import TYPE_CHECKING

from docuvault.domain.errors import DependencyUnavailable, ErrorCode

if TYPE_CHECKING:
    from qdrant_client import AsyncQdrantClient
    from redis.asyncio import Redis

    from docuvault.clients.qdrant import QdrantService
    from docuvault.clients.redis import RedisClient


class BaseService:
    """Holds the shared clients that it was given; it makes none and closes none.

    A client is None where the assembly does without that service. What is required then raises
    `DependencyUnavailable`, which HTTP answers with 503, as it does while the service is away.
    """

    def __init__(self, redis: "RedisClient | None", qdrant: "QdrantService | None" = None) -> None:
        self._redis = redis
        self._qdrant = qdrant

    def configured_redis(self) -> "RedisClient":
        """The shared client, whether Redis answers or not."""
        if self._redis is None:
            raise DependencyUnavailable(ErrorCode.REDIS_UNAVAILABLE, _NO_REDIS)
        return self._redis

    async def require_redis(self) -> "Redis":
        """Redis, if it answers."""
        return await self.configured_redis().require()

    async def optional_redis(self) -> "Redis | None":
        """Redis, or None while it does not answer."""
        return None if self._redis is None else await self._redis.optional()

    async def require_qdrant(self) -> "AsyncQdrantClient":
        """The Qdrant server, if it answers."""
        if self._qdrant is None:
            raise DependencyUnavailable(ErrorCode.VECTORS_UNAVAILABLE, _NO_QDRANT)
        return await self._qdrant.require()

    async def optional_qdrant(self) -> "AsyncQdrantClient | None":
        """The Qdrant server, or None while it does not answer."""
        return None if self._qdrant is None else await self._qdrant.optional()


_NO_REDIS = "This vault runs without Redis."
_NO_QDRANT = "This vault runs without a Qdrant server; its index is embedded."
