"""What routes ask for of Redis, Qdrant and the key-value storage: required, optional or managed."""

from typing import TYPE_CHECKING, Annotated, Any

from fastapi import Depends

from docuvault.api.deps import ResourcesDep
from docuvault.clients.managed import ManagedRedis
from docuvault.clients.redis import AsyncRedis
from docuvault.clients.service import BaseService
from docuvault.key_value.base import Storage

if TYPE_CHECKING:
    from qdrant_client import AsyncQdrantClient as Qdrant
else:
    # FastAPI reads annotations; the library is loaded by those alone who use a server.
    Qdrant = Any


async def get_base_service(resources: ResourcesDep) -> BaseService:
    """The shared clients of this process."""
    return BaseService(resources.redis, resources.qdrant)


BaseServiceDep = Annotated[BaseService, Depends(get_base_service)]


async def get_redis(service: BaseServiceDep) -> AsyncRedis:
    """Redis, which has just answered; else 503."""
    return await service.require_redis()


async def get_redis_optional(service: BaseServiceDep) -> AsyncRedis | None:
    """Redis, or None while it does not answer."""
    return await service.optional_redis()


async def get_redis_managed(service: BaseServiceDep) -> ManagedRedis:
    """Redis for the length of one block; entering it raises what becomes a 503."""
    return ManagedRedis(service)


async def get_qdrant(service: BaseServiceDep) -> Qdrant:
    """The Qdrant server, which has just answered; else 503."""
    return await service.require_qdrant()


async def get_qdrant_optional(service: BaseServiceDep) -> "Qdrant | None":
    """The Qdrant server, or None while it does not answer."""
    return await service.optional_qdrant()


async def get_key_value(resources: ResourcesDep) -> Storage:
    """The key-value storage, whose Redis, if it has one, has just answered; else 503."""
    if resources.redis is not None:
        await resources.redis.require()
    return resources.key_value


async def get_key_value_optional(resources: ResourcesDep) -> Storage | None:
    """The key-value storage, or None while its Redis does not answer."""
    if resources.redis is not None and await resources.redis.optional() is None:
        return None
    return resources.key_value


RedisDep = Annotated[AsyncRedis, Depends(get_redis)]
OptionalRedisDep = Annotated[AsyncRedis | None, Depends(get_redis_optional)]
ManagedRedisDep = Annotated[ManagedRedis, Depends(get_redis_managed)]
QdrantDep = Annotated[Qdrant, Depends(get_qdrant)]
OptionalQdrantDep = Annotated["Qdrant | None", Depends(get_qdrant_optional)]
StorageDep = Annotated[Storage, Depends(get_key_value)]
OptionalStorageDep = Annotated[Storage | None, Depends(get_key_value_optional)]
