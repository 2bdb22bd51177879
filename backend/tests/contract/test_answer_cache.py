"""Where answers of providers are kept: beside the other facts, or in a Redis of their own."""

from contextlib import AsyncExitStack
from pathlib import Path

from pydantic import SecretStr

from docuvault.bootstrap.deciding import open_cache
from docuvault.bootstrap.drivers import open_key_value, open_redis
from docuvault.config.settings import RedisSettings, Settings
from docuvault.observability.metrics.null import NullSink
from tests.servers.valkey import ValkeyServer


async def test_answers_go_into_the_redis_that_is_named_for_them(valkey: ValkeyServer) -> None:
    redis = RedisSettings(
        url=SecretStr(valkey.database_url(8)), cache_url=SecretStr(valkey.database_url(9))
    )
    settings = Settings(redis=redis)
    async with AsyncExitStack() as stack:
        key_value = open_key_value(stack, settings, await open_redis(stack, settings, NullSink()))
        cache = await open_cache(stack, settings, key_value, NullSink())
        await cache.set("cache:answers:x", 1)
        assert await cache.get("cache:answers:x") == 1
        assert await key_value.get("cache:answers:x", "a miss") == "a miss"


async def test_without_such_a_redis_they_lie_beside_the_other_facts(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    async with AsyncExitStack() as stack:
        key_value = open_key_value(stack, settings, None)
        assert await open_cache(stack, settings, key_value, NullSink()) is key_value
