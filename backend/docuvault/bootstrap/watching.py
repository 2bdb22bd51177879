"""What the health monitor watches."""

from typing import TYPE_CHECKING

from docuvault.db.session import Database
from docuvault.health.monitor import HealthCheck, HealthMonitor
from docuvault.object_storage.base import StorageBackend
from docuvault.search.vectors.base import VectorIndex

if TYPE_CHECKING:
    from docuvault.clients.redis import RedisClient


def create_health(
    database: Database,
    storage: StorageBackend,
    vectors: VectorIndex,
    redis: "RedisClient | None",
) -> HealthMonitor:
    """The monitor with a check for each part that these settings use."""

    async def database_works() -> bool:
        await database.ping()
        return True

    checks = [
        HealthCheck("database", True, database_works, "nothing works without the database."),
        HealthCheck(
            "storage",
            True,
            storage.health_check,
            "originals can be neither stored nor fetched.",
        ),
        HealthCheck(
            "vectors",
            False,
            vectors.health_check,
            "search by meaning rests; exact words are still found.",
        ),
    ]
    if redis is not None:
        client = redis

        async def redis_works() -> bool:
            await client.ping()
            return True

        checks.append(
            HealthCheck(
                "redis",
                False,
                redis_works,
                "live updates rest, and new documents are processed with a delay.",
            )
        )
    return HealthMonitor(checks)
