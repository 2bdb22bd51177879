"""What `docuvault check` asks: the base services of these settings, each by itself.

Nothing is made, migrated or marked, and a vault that runs on the same data is not disturbed.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager

from docuvault.bootstrap.drivers import open_qdrant, open_redis
from docuvault.bootstrap.identity import marked_id
from docuvault.config.settings import Settings
from docuvault.db.session import Database, create_engine
from docuvault.domain.errors import DependencyUnavailable
from docuvault.health.backlog import BacklogReader
from docuvault.health.base import HealthCheck, degraded, unhealthy
from docuvault.health.checks.component import ComponentHealthCheck
from docuvault.health.checks.database import DatabaseHealthCheck
from docuvault.health.checks.object_storage import ObjectStorageHealthCheck
from docuvault.health.checks.vectors import VectorsHealthCheck
from docuvault.health.checks.worker import WorkerHealthCheck
from docuvault.object_storage.factory import open_stored
from docuvault.object_storage.guarded import GuardedStorage
from docuvault.observability.metrics.null import NullSink


@asynccontextmanager
async def open_probes(settings: Settings) -> AsyncIterator[Mapping[str, HealthCheck]]:
    """A check for each base service by the name that people know it by; closed again at the end.

    What these settings do not use has none. Raises `ConfigurationError`.
    """
    async with AsyncExitStack() as stack:
        database = _open_database(stack, settings)
        probes: dict[str, HealthCheck] = {
            "database": _database_check(settings, database),
            "storage": await _storage_check(stack, settings, database),
        }
        redis = await open_redis(stack, settings, NullSink())
        if redis is not None:
            from docuvault.health.checks.redis import RedisHealthCheck

            probes["redis"] = RedisHealthCheck(
                redis, timeout_seconds=settings.health.timeout_seconds
            )
        qdrant = await open_qdrant(stack, settings, NullSink())
        if qdrant is not None:
            service = qdrant

            async def answers() -> bool:
                await service.ping()
                return True

            probes["qdrant"] = VectorsHealthCheck(
                answers, timeout_seconds=settings.health.timeout_seconds
            )
        probes["worker"] = _worker_check(settings, database)
        yield probes


def _open_database(stack: AsyncExitStack, settings: Settings) -> Database | None:
    """The database; None when its file is not there."""
    try:
        engine = create_engine(settings.database_url, settings.database, must_exist=True)
    except DependencyUnavailable:
        return None
    database = Database(engine)
    stack.push_async_callback(database.close)
    return database


def _database_check(settings: Settings, database: Database | None) -> HealthCheck:
    if database is None:
        absent = ComponentHealthCheck("database")
        absent.set(unhealthy("There is no database in the data folder."))
        return absent
    return DatabaseHealthCheck(database, timeout_seconds=settings.health.timeout_seconds)


def _worker_check(settings: Settings, database: Database | None) -> HealthCheck:
    if database is None:
        untold = ComponentHealthCheck("worker")
        untold.set(degraded("Cannot be told while the database does not answer."))
        return untold
    return WorkerHealthCheck(
        BacklogReader(database),
        canary_seconds=settings.health.canary_seconds,
        lease_seconds=settings.queue.lease_seconds,
        timeout_seconds=settings.health.timeout_seconds,
        patient=False,
    )


async def _storage_check(
    stack: AsyncExitStack, settings: Settings, database: Database | None
) -> HealthCheck:
    try:
        storage = await open_stored(settings)
    except DependencyUnavailable as error:
        away = ComponentHealthCheck("storage")
        away.set(unhealthy(error.detail))
        return away
    stack.push_async_callback(storage.close)
    installation_id = None
    if database is not None:
        try:
            installation_id = await marked_id(database)
        except DependencyUnavailable:
            # Then whose storage it is cannot be told; that it answers, can.
            installation_id = None
    return ObjectStorageHealthCheck(
        GuardedStorage(storage, installation_id), timeout_seconds=settings.health.timeout_seconds
    )
