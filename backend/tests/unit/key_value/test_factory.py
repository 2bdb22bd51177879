"""Which key-value storage follows from which settings."""

import pytest
from pydantic import SecretStr

from docuvault.clients.redis import RedisClient
from docuvault.config.settings import RedisSettings, Settings
from docuvault.domain.errors import ConfigurationError, DependencyUnavailable
from docuvault.key_value.factory import create_storage
from docuvault.key_value.memory import MemoryStorage
from docuvault.key_value.redis import RedisStorage

WITH_REDIS = Settings(redis=RedisSettings(url=SecretStr("redis://127.0.0.1:9/0")))


def test_memory_when_no_redis_is_configured() -> None:
    assert isinstance(create_storage(Settings(), None), MemoryStorage)


async def test_redis_when_there_is_a_client_of_it() -> None:
    client = RedisClient(WITH_REDIS.redis, context="tests")
    with pytest.raises(DependencyUnavailable):
        create_storage(WITH_REDIS, client)
    await client.open()
    assert isinstance(create_storage(WITH_REDIS, client), RedisStorage)
    await client.close()


def test_a_configured_redis_is_never_replaced_by_memory() -> None:
    with pytest.raises(ConfigurationError):
        create_storage(WITH_REDIS, None)
