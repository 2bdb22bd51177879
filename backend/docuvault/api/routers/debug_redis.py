"""Pages about Redis for administrators; those that write test keys are POST."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Depends

from docuvault.api.admin import require_debugging
from docuvault.api.deps import ResourcesDep
from docuvault.api.errors import problems
from docuvault.api.redis_deps import (
    ManagedRedisDep,
    OptionalRedisDep,
    OptionalStorageDep,
    RedisDep,
    StorageDep,
)
from docuvault.api.schemas.debug import DependencyOut
from docuvault.api.schemas.debug_redis import (
    ConnectionPoolOut,
    ConnectivityOut,
    OperationalOut,
    PerformanceOut,
    ServerInfoOut,
)
from docuvault.health.redis_pages import RedisPages

router = APIRouter(
    prefix="/api/debug/redis",
    tags=["debug"],
    dependencies=[Depends(require_debugging)],
    responses=problems(401, 429),
)

_PROBE = "debug:nothing"


async def get_pages(resources: ResourcesDep) -> RedisPages:
    """The pages over the shared client."""
    return RedisPages(resources.redis)


PagesDep = Annotated[RedisPages, Depends(get_pages)]


@router.get("/dependencies/required", operation_id="debug_redis_required")
async def required(redis: RedisDep) -> DependencyOut:
    """503 while Redis is away."""
    await redis.ping()
    return _got("required", "redis")


@router.get("/dependencies/optional", operation_id="debug_redis_optional")
async def optional(redis: OptionalRedisDep) -> DependencyOut:
    """`server` is null while Redis is away."""
    return _got("optional", None if redis is None else "redis")


@router.get("/dependencies/managed", operation_id="debug_redis_managed")
async def managed(lent: ManagedRedisDep) -> DependencyOut:
    """503 while Redis is away; the pool outlives the block."""
    async with lent as redis:
        await redis.client.ping()
    return _got("managed", "redis")


@router.get("/dependencies/storage", operation_id="debug_redis_storage")
async def storage(key_value: StorageDep) -> DependencyOut:
    """503 while the key-value storage is away."""
    await key_value.get(_PROBE)
    return _got("storage", type(key_value).__name__)


@router.get("/dependencies/storage-optional", operation_id="debug_redis_storage_optional")
async def storage_optional(key_value: OptionalStorageDep) -> DependencyOut:
    """`server` is null while the key-value storage is away."""
    return _got("storage-optional", None if key_value is None else type(key_value).__name__)


@router.get("/connectivity", operation_id="debug_redis_connectivity")
async def connectivity(pages: PagesDep) -> ConnectivityOut:
    """Whether Redis answers, and how fast."""
    return ConnectivityOut.model_validate(await pages.connectivity())


@router.post("/performance", operation_id="debug_redis_performance")
async def performance(pages: PagesDep) -> PerformanceOut:
    """Latency and throughput of a few operations on a key of its own, removed afterwards."""
    return PerformanceOut.model_validate(await pages.performance())


@router.get("/server-info", operation_id="debug_redis_server_info")
async def server_info(pages: PagesDep) -> ServerInfoOut:
    """What the server tells of itself, with warnings and what to do about them."""
    return ServerInfoOut.model_validate(await pages.server_info())


@router.get("/connection-pool", operation_id="debug_redis_connection_pool")
async def connection_pool(pages: PagesDep) -> ConnectionPoolOut:
    """The connections of this process."""
    return ConnectionPoolOut.model_validate(await pages.connection_pool())


@router.post("/operational", operation_id="debug_redis_operational")
async def operational(pages: PagesDep) -> OperationalOut:
    """All that the vault does with Redis, once each, on keys of its own, removed afterwards."""
    return OperationalOut.model_validate(await pages.operational())


def _got(dependency: str, server: str | None) -> DependencyOut:
    return DependencyOut(dependency=dependency, server=server, at=datetime.now(UTC))
