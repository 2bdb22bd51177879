"""Which key-value storage follows from which settings."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from docuvault.clients.redis import RedisClient
from docuvault.config.settings import RedisSettings, Settings
from docuvault.domain.errors import ConfigurationError, DependencyUnavailable
from docuvault.key_value.factory import create_storage
from docuvault.key_value.file import FileStorage
from docuvault.key_value.redis import RedisStorage

WITH_REDIS = Settings(redis=RedisSettings(url=SecretStr("redis://127.0.0.1:9/0")))


async def test_a_file_in_the_data_folder_when_no_redis_is_configured(tmp_path: Path) -> None:
    storage = create_storage(Settings(data_dir=tmp_path / "data"), None)

    assert isinstance(storage, FileStorage)
    await storage.set("fact", 1)
    await storage.close()
    assert (tmp_path / "data" / "key_value.db").is_file()


async def test_redis_when_there_is_a_client_of_it() -> None:
    client = RedisClient(WITH_REDIS.redis, context="tests")
    with pytest.raises(DependencyUnavailable):
        create_storage(WITH_REDIS, client)
    await client.open()
    assert isinstance(create_storage(WITH_REDIS, client), RedisStorage)
    await client.close()


def test_a_configured_redis_is_never_replaced_by_a_file() -> None:
    with pytest.raises(ConfigurationError):
        create_storage(WITH_REDIS, None)
