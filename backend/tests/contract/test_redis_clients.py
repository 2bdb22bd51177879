"""The Redis clients before a real server that stops, hangs, refuses and comes back."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator

import pytest
import redis
import redis.asyncio
import structlog
from pydantic import SecretStr
from redis.exceptions import ResponseError

from docuvault.clients.redis import (
    RedisClient,
    create_async_redis_client,
    create_sync_redis_client,
    redact_url,
    redis_errors,
)
from docuvault.config.settings import RedisSettings
from docuvault.domain.errors import DependencyUnavailable, ErrorCode
from tests.servers.valkey import PASSWORD, ValkeyServer, valkey_server

pytestmark = pytest.mark.services


def settings_for(server: ValkeyServer, **changes: float) -> RedisSettings:
    values = {"socket_timeout": 0.5, "connect_timeout": 0.5, **changes}
    return RedisSettings.model_validate({"url": SecretStr(server.url), **values})


@pytest.fixture
def own_valkey() -> Iterator[ValkeyServer]:
    with valkey_server() as server:
        yield server


@pytest.fixture
async def client(own_valkey: ValkeyServer) -> AsyncIterator[RedisClient]:
    client = RedisClient(settings_for(own_valkey), context="tests")
    await client.open()
    yield client
    await client.close()


async def test_it_answers(client: RedisClient) -> None:
    await client.ping()
    required = await client.require()
    assert required is client.client
    assert await required.set("key", b"\xff")
    assert await required.get("key") == b"\xff"
    assert await client.optional() is required
    await client.open()
    assert client.client is required


async def test_require_fails_while_the_server_is_away_and_recovers(
    client: RedisClient, own_valkey: ValkeyServer
) -> None:
    await client.require()
    own_valkey.kill()
    await asyncio.sleep(1.05)
    with structlog.testing.capture_logs() as logs:
        for _ in range(3):
            with pytest.raises(DependencyUnavailable) as caught:
                await client.require()
            assert caught.value.code is ErrorCode.REDIS_UNAVAILABLE
            assert caught.value.transient
            assert await client.optional() is None
        own_valkey.start()
        await asyncio.sleep(1.05)
        required = await client.require()
    assert await required.ping()
    assert [entry["event"] for entry in logs] == [
        "service.unavailable",
        "service.available_again",
    ]
    assert PASSWORD not in str(logs)


async def test_the_answer_serves_for_a_second(
    client: RedisClient, own_valkey: ValkeyServer
) -> None:
    first = await client.require()

    async def pings() -> int:
        return int((await first.info("commandstats"))["cmdstat_ping"]["calls"])

    before = await pings()
    await asyncio.gather(*(client.require() for _ in range(50)))
    assert await pings() == before
    await asyncio.sleep(1.05)
    await asyncio.gather(*(client.require() for _ in range(50)))
    assert await pings() == before + 1


async def test_a_server_that_hangs_is_waited_for_once(
    client: RedisClient, own_valkey: ValkeyServer
) -> None:
    await client.require()
    await asyncio.sleep(1.05)
    own_valkey.pause()
    try:
        began = time.monotonic()
        results = await asyncio.gather(
            *(client.require() for _ in range(20)), return_exceptions=True
        )
        assert time.monotonic() - began < 1.5
        assert all(isinstance(result, DependencyUnavailable) for result in results)
    finally:
        own_valkey.resume()
    await asyncio.sleep(1.05)
    await client.require()


async def test_a_wrong_password_is_an_outage_that_keeps_the_secret(
    valkey: ValkeyServer,
) -> None:
    url = f"redis://:wrong-secret@{valkey.host}:{valkey.port}/0"
    client = RedisClient(settings_for(valkey), preferred_url=url, context="tests")
    await client.open()
    with structlog.testing.capture_logs() as logs:
        with pytest.raises(DependencyUnavailable) as caught:
            await client.require()
        await client.close()
    assert "wrong-secret" not in str(logs) + str(caught.value)
    assert logs[0]["error"] == "AuthenticationError"


async def test_a_client_that_is_not_open_is_an_outage(valkey: ValkeyServer) -> None:
    client = RedisClient(settings_for(valkey), context="tests")
    with pytest.raises(DependencyUnavailable):
        await client.require()
    await client.open()
    await client.close()
    await client.close()
    with pytest.raises(DependencyUnavailable):
        await client.require()


async def test_close_gives_back_every_connection(valkey: ValkeyServer) -> None:
    client = RedisClient(settings_for(valkey), context="closing")
    await client.open()
    required = await client.require()
    await asyncio.gather(*(required.ping() for _ in range(5)))
    watcher = create_async_redis_client(settings_for(valkey), context="watcher")

    async def open_connections() -> int:
        return [item["name"] for item in await watcher.client_list()].count("docuvault-closing")

    assert await open_connections() > 0
    await client.close()
    await asyncio.sleep(0.05)
    assert await open_connections() == 0
    await watcher.aclose()


async def test_pooled_connections_survive_a_restart(own_valkey: ValkeyServer) -> None:
    client = create_async_redis_client(settings_for(own_valkey), context="tests")
    await asyncio.gather(*(client.ping() for _ in range(10)))
    own_valkey.kill()
    own_valkey.start()
    results = await asyncio.gather(*(client.set(f"k{n}", n) for n in range(10)))
    assert all(results)
    await client.aclose()


async def test_the_pool_is_bounded_and_waits(valkey: ValkeyServer) -> None:
    client = create_async_redis_client(settings_for(valkey, max_connections=2), context="bounded")
    assert all(await asyncio.gather(*(client.ping() for _ in range(20))))
    names = [item["name"] for item in await client.client_list()]
    assert names.count("docuvault-bounded") <= 2
    await client.aclose()


async def test_only_blocking_clients_wait_longer_than_the_timeout(valkey: ValkeyServer) -> None:
    settings = settings_for(valkey)
    impatient = create_async_redis_client(settings, context="impatient")
    began = time.monotonic()
    with pytest.raises(DependencyUnavailable) as caught, redis_errors():
        await impatient.blpop(["nothing"], timeout=3)
    assert caught.value.code is ErrorCode.REDIS_UNAVAILABLE
    assert time.monotonic() - began < 1.5
    await impatient.aclose()

    patient = create_async_redis_client(settings, blocking=True, context="patient")
    began = time.monotonic()
    assert await patient.blpop(["nothing"], timeout=1) is None
    assert time.monotonic() - began > 0.9
    await patient.aclose()


async def test_a_subscription_outlives_the_timeout(valkey: ValkeyServer) -> None:
    settings = settings_for(valkey)
    listener = create_async_redis_client(settings, blocking=True, context="listener")
    speaker = create_async_redis_client(settings, context="speaker")
    async with listener.pubsub() as subscription:
        await subscription.subscribe("news")

        async def first_news() -> object:
            async for message in subscription.listen():
                if message["type"] == "message":
                    return message["data"]
            return None

        listening = asyncio.create_task(first_news())
        await asyncio.sleep(0.8)
        await speaker.publish("news", "hello")
        assert await asyncio.wait_for(listening, 2) == b"hello"
    await listener.aclose()
    await speaker.aclose()


async def test_answers_can_be_text(valkey: ValkeyServer) -> None:
    client = create_async_redis_client(settings_for(valkey), decode_responses=True, context="tests")
    await client.set("greeting", "grüß dich")
    assert await client.get("greeting") == "grüß dich"
    await client.aclose()


def test_the_sync_client_does_the_same(own_valkey: ValkeyServer) -> None:
    client = create_sync_redis_client(settings_for(own_valkey), context="sync")
    assert isinstance(client, redis.Redis)
    assert client.ping()
    own_valkey.restart()
    assert client.set("key", "value")
    own_valkey.kill()
    with pytest.raises(DependencyUnavailable), redis_errors():
        client.get("key")
    client.close()


async def test_the_preferred_address_goes_first(valkey: ValkeyServer) -> None:
    settings = settings_for(valkey)
    other = create_async_redis_client(
        settings, preferred_url=valkey.database_url(5), context="tests"
    )
    default = create_async_redis_client(settings, context="tests")
    await other.set("only-in-five", 1)
    assert await default.get("only-in-five") is None
    await other.aclose()
    await default.aclose()
    nowhere = create_async_redis_client(RedisSettings(), context="tests")
    assert nowhere.connection_pool.connection_kwargs["host"] == "localhost"
    await nowhere.aclose()


async def test_faults_of_the_caller_are_no_outage(valkey: ValkeyServer) -> None:
    client = create_async_redis_client(settings_for(valkey), context="tests")
    await client.set("text", "x")
    with pytest.raises(ResponseError), redis_errors():
        await client.incr("text")
    await client.aclose()


async def test_a_full_server_is_an_outage() -> None:
    with valkey_server(options=["--maxmemory", "1", "--maxmemory-policy", "noeviction"]) as server:
        client = create_async_redis_client(settings_for(server), context="tests")
        with pytest.raises(DependencyUnavailable), redis_errors():
            await client.set("key", "value")
        await client.aclose()


async def test_what_was_written_survives_a_kill_when_it_should() -> None:
    with valkey_server(append_only=True) as server:
        client = create_async_redis_client(settings_for(server), context="tests")
        await client.set("key", "value")
        server.kill()
        server.start()
        assert await client.get("key") == b"value"
        await client.aclose()


async def test_making_a_client_says_where_without_saying_the_password(
    valkey: ValkeyServer,
) -> None:
    with structlog.testing.capture_logs() as logs:
        client = create_async_redis_client(settings_for(valkey), context="somebody")
    assert logs == [
        {
            "event": "redis.client_created",
            "context": "somebody",
            "url": f"redis://***@{valkey.host}:{valkey.port}/0",
            "mode": "async",
            "log_level": "debug",
        }
    ]
    await client.aclose()


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("redis://localhost:6379/0", "redis://localhost:6379/0"),
        ("redis://:secret@host:6379/1", "redis://***@host:6379/1"),
        ("rediss://user:secret@host/1?ssl_cert_reqs=none", "rediss://***@host/1"),
        ("redis://:se/cr@et?secret#secret@host:6379/0", "redis://***"),
        ("redis://:se@cr/et@host:6379/0", "redis://***@host:6379/0"),
        ("redis://host/0?password=secret", "redis://host/0"),
        ("redis://host/0?password=se@cret", "redis://***"),
        ("unix://user@/run/redis.sock?password=secret", "unix://***@/run/redis.sock"),
        ("sentinel://:secret@a:26379;sentinel://:secret@b:26379", "sentinel://***@b:26379"),
        (":secret@host", "***"),
        ("", "***"),
    ],
)
def test_addresses_are_shown_without_secrets(url: str, shown: str) -> None:
    assert redact_url(url) == shown
    assert "secret" not in shown
