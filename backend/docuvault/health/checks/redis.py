"""Whether Redis answers."""

from docuvault.clients.redis import RedisClient
from docuvault.health.base import WORKS, BaseHealthCheck, Finding


class RedisHealthCheck(BaseHealthCheck):
    """Asks the shared client, which does not wait again for a Redis that is known to be away."""

    def __init__(self, client: RedisClient, *, timeout_seconds: float) -> None:
        super().__init__(
            "redis",
            suffers="Live updates rest, and new documents are processed with a delay.",
            works="Uploads, downloads and search work.",
            timeout_seconds=timeout_seconds,
        )
        self._client = client

    async def _perform_check(self) -> Finding:
        await self._client.require()
        return WORKS
