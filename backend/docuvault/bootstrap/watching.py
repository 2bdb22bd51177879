"""What the health monitor watches."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from docuvault.ai.model import is_prepared
from docuvault.config.settings import Settings
from docuvault.db.session import Database
from docuvault.health.alarms import ExternalAlarms
from docuvault.health.backlog import BacklogReader
from docuvault.health.base import HealthCheck
from docuvault.health.checks.ai import AIHealthCheck
from docuvault.health.checks.database import DatabaseHealthCheck
from docuvault.health.checks.disk import DiskHealthCheck
from docuvault.health.checks.object_storage import ObjectStorageHealthCheck
from docuvault.health.checks.queue import QueueHealthCheck
from docuvault.health.checks.vectors import VectorsHealthCheck
from docuvault.health.checks.worker import WorkerHealthCheck
from docuvault.health.monitor import HealthMonitor
from docuvault.key_value.base import Storage
from docuvault.object_storage.guarded import GuardedStorage
from docuvault.observability.metrics.base import MetricsSink
from docuvault.search.vectors.base import VectorIndex

if TYPE_CHECKING:
    from docuvault.clients.redis import RedisClient

# Readiness tells of a fault within two seconds: this, and the age of an answer.
_CRITICAL_SECONDS = 1.2


@dataclass(frozen=True, slots=True)
class WatchedParts:
    """What there is to watch; `ping_ai` raises when whoever proposes topics is not there."""

    database: Database
    storage: GuardedStorage
    vectors: VectorIndex
    redis: "RedisClient | None"
    key_value: Storage
    ping_ai: Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Watching:
    """The monitor, and what it shares with others."""

    health: HealthMonitor
    backlog: BacklogReader
    alarms: ExternalAlarms


def create_watching(settings: Settings, parts: WatchedParts, metrics: MetricsSink) -> Watching:
    """The monitor with a check for each part that these settings use."""
    backlog = BacklogReader(parts.database)
    alarms = ExternalAlarms(parts.key_value, settings.health.webhook_expire_seconds)
    seconds = settings.health.timeout_seconds
    checks: list[HealthCheck] = [
        *_stores(settings, parts, metrics),
        WorkerHealthCheck(
            backlog,
            canary_seconds=settings.health.canary_seconds,
            lease_seconds=settings.queue.lease_seconds,
            timeout_seconds=seconds,
        ),
        QueueHealthCheck(
            backlog,
            metrics,
            backlog_seconds=settings.health.backlog_seconds,
            timeout_seconds=seconds,
        ),
        AIHealthCheck(
            partial(is_prepared, settings.model_dir), parts.ping_ai, timeout_seconds=seconds
        ),
        *_downstream(settings),
    ]
    return Watching(HealthMonitor(checks, metrics, alarms=alarms), backlog, alarms)


@asynccontextmanager
async def keep_watching(health: HealthMonitor, interval: float) -> AsyncIterator[None]:
    """Ask all parts again and again in the background until the block ends."""
    watching = asyncio.create_task(health.run(interval), name="health")
    try:
        yield
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


def _stores(settings: Settings, parts: WatchedParts, metrics: MetricsSink) -> list[HealthCheck]:
    seconds = settings.health.timeout_seconds
    soon = min(seconds, _CRITICAL_SECONDS)
    checks: list[HealthCheck] = [
        DatabaseHealthCheck(parts.database, timeout_seconds=soon, metrics=metrics),
        ObjectStorageHealthCheck(parts.storage, timeout_seconds=soon, metrics=metrics),
        VectorsHealthCheck(parts.vectors.health_check, timeout_seconds=seconds),
    ]
    if parts.redis is not None:
        from docuvault.health.checks.redis import RedisHealthCheck

        checks.append(RedisHealthCheck(parts.redis, timeout_seconds=seconds))
    if settings.uses_data_dir:
        checks.append(
            DiskHealthCheck(
                settings.data_dir,
                reserve_bytes=settings.storage.reserve_bytes,
                warning_bytes=settings.health.disk_warning_bytes,
                timeout_seconds=seconds,
            )
        )
    return checks


def _downstream(settings: Settings) -> list[HealthCheck]:
    if not settings.health.downstream:
        return []
    from docuvault.health.checks.downstream import DownstreamServiceCheck

    return [
        DownstreamServiceCheck(name, url, timeout_seconds=settings.health.timeout_seconds)
        for name, url in settings.health.downstream.items()
    ]
