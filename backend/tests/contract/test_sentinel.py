"""A Redis that sentinels watch: clients and queue find the master, also the next one."""

import asyncio
from collections.abc import Iterator
from urllib.parse import quote
from uuid import uuid4

import pytest
import structlog
from pydantic import SecretStr
from redis.asyncio import Redis

from docuvault.clients.redis import RedisClient, create_sync_redis_client
from docuvault.config.settings import RedisSettings, Settings
from docuvault.domain.documents import Stage
from docuvault.domain.errors import DependencyUnavailable
from docuvault.queue.base import StageTask
from docuvault.queue.celery_app import create_celery_app
from docuvault.queue.celery_queue import CeleryQueue
from tests.servers.process import free_port
from tests.servers.sentinel import WatchedValkey, watched_valkey
from tests.servers.valkey import PASSWORD

pytestmark = pytest.mark.services

PATIENCE = 30


@pytest.fixture
def watched() -> Iterator[WatchedValkey]:
    with watched_valkey() as running:
        yield running


def settings_of(watched: WatchedValkey, number: int = 0) -> RedisSettings:
    return RedisSettings(
        url=SecretStr(watched.url(number)), socket_timeout=1, connect_timeout=1, retry_seconds=0.2
    )


async def until_back(client: RedisClient) -> None:
    async with asyncio.timeout(PATIENCE):
        while True:
            found = await client.optional()
            if found is not None:
                return
            await asyncio.sleep(0.05)


async def replicated(client: Redis) -> None:
    """Wait until the replica has what was written."""
    async with asyncio.timeout(PATIENCE):
        while await client.wait(1, 500) != 1:
            pass


async def test_the_next_master_is_found(watched: WatchedValkey) -> None:
    client = RedisClient(settings_of(watched, 3), context="tests")
    await client.open()
    with structlog.testing.capture_logs() as logs:
        first = await client.require()
        await first.set("kept", "yes")
        assert (await first.client_info())["db"] == 3
        await replicated(first)

        watched.master.kill()
        await until_back(client)

        assert await (await client.require()).get("kept") == b"yes"
        await (await client.require()).set("written", "later")
        served_by = str((await client.client.client_info())["laddr"])
        assert served_by.endswith(f":{watched.replica.port}")
    await client.close()
    assert PASSWORD not in str(logs)


async def test_without_sentinels_it_is_an_outage() -> None:
    url = f"redis+sentinel://:{quote(PASSWORD, safe='')}@127.0.0.1:{free_port()}/vault/0"
    client = RedisClient(RedisSettings(url=SecretStr(url)), context="tests")
    await client.open()
    with structlog.testing.capture_logs() as logs, pytest.raises(DependencyUnavailable):
        await client.require()
    await client.close()
    assert [entry["error"] for entry in logs if "error" in entry] == ["MasterNotFoundError"]
    assert quote(PASSWORD, safe="") not in str(logs)


def test_code_without_an_event_loop_finds_it_too(watched: WatchedValkey) -> None:
    client = create_sync_redis_client(settings_of(watched), context="tests")
    assert client.set("key", "value")
    assert client.get("key") == b"value"
    client.close()


async def test_hints_travel_over_the_master(watched: WatchedValkey) -> None:
    app = create_celery_app(Settings(redis=settings_of(watched, 2)))
    queue = CeleryQueue(app, 1.0)
    assert await queue.send(StageTask(uuid4(), Stage.EXTRACT))
    assert await queue.waiting() == 1

    client = RedisClient(settings_of(watched, 2), context="tests")
    await client.open()
    assert await (await client.require()).llen("docuvault:documents") == 1
    await replicated(await client.require())

    watched.master.kill()
    async with asyncio.timeout(PATIENCE):
        while not await queue.send(StageTask(uuid4(), Stage.EXTRACT)):
            queue._quiet_until = 0.0
            await asyncio.sleep(0.1)
    # One that was given up may have arrived all the same: hints may come twice.
    assert await queue.waiting() >= 2
    await client.close()
    await queue.close()
