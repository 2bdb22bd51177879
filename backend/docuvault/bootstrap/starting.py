"""What a start tells the operator: one line for each part, and how to mend what is away."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

import structlog

from docuvault.clients.addresses import redact_url, resolve_url
from docuvault.config.settings import Settings
from docuvault.domain.health import HealthCheckResult, HealthStatus
from docuvault.health.monitor import HealthMonitor

log = structlog.get_logger(__name__)

_WORDS = {
    HealthStatus.HEALTHY: "ok",
    HealthStatus.DEGRADED: "degraded",
    HealthStatus.UNHEALTHY: "away",
}
_MEND: Mapping[str, str] = {
    "database": "Start PostgreSQL, or correct DATABASE_URL; then look at `docuvault check`.",
    "storage": "Start the object storage, or correct MINIO_ENDPOINT, its keys and its bucket.",
    "redis": "Start Redis, or correct REDIS_URL (host, port, password); nothing else need be done.",
    "vectors": "Start Qdrant, or correct QDRANT_URL and QDRANT_API_KEY; the index fills itself.",
    "worker": "Start `docuvault worker` and `docuvault beat` with the settings of this process.",
    "queue": "Start more workers, or wait until they have caught up.",
    "ai": "Look at the settings of the AI provider: its address, its key, its model.",
    "disk": "Make room on the disk of the data folder.",
}


@asynccontextmanager
async def telling_parts(settings: Settings, health: HealthMonitor) -> AsyncIterator[None]:
    """Tell how all parts are, in the background, so that no start waits for one that hangs."""
    telling = asyncio.create_task(_tell(settings, health), name="start-report")
    try:
        yield
    finally:
        telling.cancel()
        await asyncio.gather(telling, return_exceptions=True)


async def _tell(settings: Settings, health: HealthMonitor) -> None:
    addresses = addresses_of(settings)
    for result in (await health.report()).results:
        facts: dict[str, str] = {"part": result.name, "state": _WORDS[result.status]}
        if result.name in addresses:
            facts["address"] = addresses[result.name]
        if result.status is HealthStatus.HEALTHY:
            log.info("start.part", **facts)
        else:
            log.warning("start.part", **facts, **_advice(result))


def _advice(result: HealthCheckResult) -> dict[str, str]:
    advice = {"suffers": result.message, "works": result.works, "mend": _MEND.get(result.name, "")}
    return {name: text for name, text in advice.items() if text}


def addresses_of(settings: Settings) -> dict[str, str]:
    """Where each part is, without anything secret."""
    storage = settings.storage
    found = {
        "database": redact_url(settings.database_url),
        "storage": (
            f"{storage.minio_endpoint}/{storage.minio_bucket}"
            if storage.driver == "minio"
            else str(settings.data_dir / "objects")
        ),
        "vectors": (
            redact_url(settings.qdrant.url)
            if settings.qdrant.url
            else str(settings.data_dir / "vectors")
        ),
    }
    if settings.redis.url is not None:
        limits = settings.redis
        found["redis"] = (
            f"{redact_url(resolve_url(settings.redis))} (connect {limits.connect_timeout:g} s,"
            f" answer {limits.socket_timeout:g} s, at most {limits.max_connections} connections)"
        )
    return found
