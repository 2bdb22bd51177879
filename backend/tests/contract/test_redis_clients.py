"""The Redis clients before a real server that stops, hangs, refuses and comes back."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import redis
import redis.asyncio
import structlog
from pydantic import SecretStr
from redis.exceptions import ResponseError

from docuvault.clients.addresses import SentinelAddress, parse_sentinel, redact_url
from docuvault.clients.managed import ManagedRedis
from docuvault.clients.redis import (
    RedisClient,
    create_async_redis_client,
    create_sync_redis_client,
    redis_errors,
)
from docuvault.clients.service import BaseService
from docuvault.config.settings import RedisSettings
from docuvault.domain.errors import ConfigurationError, DependencyUnavailable, ErrorCode
from docuvault.observability.metrics.prometheus import PrometheusSink
from tests.servers.valkey import PASSWORD, ValkeyServer, valkey_server

pytestmark = pytest.mark.services


def settings_for(server: ValkeyServer, **changes: float) -> RedisSettings:
    values = {
        "socket_timeout": 0.5,
        "connect_timeout": 0.5,
        "retry_seconds": 0.1,
        **changes,
    }
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


async def until_back(client: RedisClient) -> None:
    async with asyncio.timeout(10):
        while await client.optional() is None:
            await asyncio.sleep(0.01)


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
        await until_back(client)
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
    await until_back(client)


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
    watcher = await create_async_redis_client(settings_for(valkey), context="watcher")

    async def open_connections() -> int:
        return [item["name"] for item in await watcher.client_list()].count("docuvault-closing")

    assert await open_connections() > 0
    await client.close()
    await asyncio.sleep(0.05)
    assert await open_connections() == 0
    await watcher.aclose()


async def test_pooled_connections_survive_a_restart(own_valkey: ValkeyServer) -> None:
    client = await create_async_redis_client(settings_for(own_valkey), context="tests")
    await asyncio.gather(*(client.ping() for _ in range(10)))
    own_valkey.kill()
    own_valkey.start()
    results = await asyncio.gather(*(client.set(f"k{n}", n) for n in range(10)))
    assert all(results)
    await client.aclose()


async def test_the_pool_is_bounded_and_waits(valkey: ValkeyServer) -> None:
    client = await create_async_redis_client(
        settings_for(valkey, max_connections=2), context="bounded"
    )
    assert all(await asyncio.gather(*(client.ping() for _ in range(20))))
    names = [item["name"] for item in await client.client_list()]
    assert names.count("docuvault-bounded") <= 2
    await client.aclose()


async def test_only_blocking_clients_wait_longer_than_the_timeout(valkey: ValkeyServer) -> None:
    settings = settings_for(valkey)
    impatient = await create_async_redis_client(settings, context="impatient")
    began = time.monotonic()
    with pytest.raises(DependencyUnavailable) as caught, redis_errors():
        await impatient.blpop(["nothing"], timeout=3)
    assert caught.value.code is ErrorCode.REDIS_UNAVAILABLE
    assert time.monotonic() - began < 1.5
    await impatient.aclose()

    patient = await create_async_redis_client(settings, blocking=True, context="patient")
    began = time.monotonic()
    assert await patient.blpop(["nothing"], timeout=1) is None
    assert time.monotonic() - began > 0.9
    await patient.aclose()


async def test_a_subscription_outlives_the_timeout(valkey: ValkeyServer) -> None:
    settings = settings_for(valkey)
    listener = await create_async_redis_client(settings, blocking=True, context="listener")
    speaker = await create_async_redis_client(settings, context="speaker")
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
    client = await create_async_redis_client(
        settings_for(valkey), decode_responses=True, context="tests"
    )
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
    other = await create_async_redis_client(
        settings, preferred_url=valkey.database_url(5), context="tests"
    )
    default = await create_async_redis_client(settings, context="tests")
    await other.set("only-in-five", 1)
    assert await default.get("only-in-five") is None
    await other.aclose()
    await default.aclose()
    nowhere = await create_async_redis_client(RedisSettings(), context="tests")
    assert nowhere.connection_pool.connection_kwargs["host"] == "localhost"
    await nowhere.aclose()


async def test_faults_of_the_caller_are_no_outage(valkey: ValkeyServer) -> None:
    client = await create_async_redis_client(settings_for(valkey), context="tests")
    await client.set("text", "x")
    with pytest.raises(ResponseError), redis_errors():
        await client.incr("text")
    await client.aclose()


async def test_a_full_server_is_an_outage() -> None:
    with valkey_server(options=["--maxmemory", "1", "--maxmemory-policy", "noeviction"]) as server:
        client = await create_async_redis_client(settings_for(server), context="tests")
        with pytest.raises(DependencyUnavailable), redis_errors():
            await client.set("key", "value")
        await client.aclose()


async def test_what_was_written_survives_a_kill_when_it_should() -> None:
    with valkey_server(append_only=True) as server:
        client = await create_async_redis_client(settings_for(server), context="tests")
        await client.set("key", "value")
        server.kill()
        server.start()
        assert await client.get("key") == b"value"
        await client.aclose()


async def test_a_cancelled_command_leaves_no_answer_to_the_next(valkey: ValkeyServer) -> None:
    client = await create_async_redis_client(settings_for(valkey, max_connections=2), context="c")
    await client.mset({f"cancel:{n}": n for n in range(200)})
    for n in range(200):
        asking = asyncio.ensure_future(client.get(f"cancel:{n}"))
        # From before the command is sent until after its answer has arrived.
        for _ in range(n % 12):
            await asyncio.sleep(0)
        asking.cancel()
        await asyncio.gather(asking, return_exceptions=True)
        assert await client.get(f"cancel:{199 - n}") == str(199 - n).encode()
    await client.aclose()


async def test_a_command_that_finds_redis_away_opens_the_circuit(
    client: RedisClient, own_valkey: ValkeyServer
) -> None:
    await client.require()
    own_valkey.kill()
    client.failed(ConnectionError())
    assert client.is_open
    with pytest.raises(DependencyUnavailable):
        await client.require()
    own_valkey.start()
    await until_back(client)
    assert not client.is_open


async def test_a_false_alarm_is_over_at_once(client: RedisClient) -> None:
    await client.require()
    client.failed(TimeoutError())
    await until_back(client)


async def test_a_circuit_whose_loop_stood_still_does_not_keep_the_next_caller_out(
    client: RedisClient, own_valkey: ValkeyServer
) -> None:
    own_valkey.kill()
    with pytest.raises(DependencyUnavailable):
        await client.require()
    own_valkey.start()
    time.sleep(0.3)  # noqa: ASYNC251 - as a worker between two tasks
    await client.require()


async def test_attempts_are_measured(own_valkey: ValkeyServer) -> None:
    metrics = PrometheusSink()
    client = RedisClient(settings_for(own_valkey), context="measured", metrics=metrics)
    await client.open()
    await client.ping()
    own_valkey.kill()
    with pytest.raises(DependencyUnavailable):
        await client.ping()
    await client.close()
    text = metrics.render()[0].decode()
    attempts = 'infra_redis_connection_attempts_total{context="measured",mode="async",outcome='
    assert f'{attempts}"real"}} 1.0' in text
    assert f'{attempts}"error"}} 1.0' in text
    errors = "infra_redis_connection_errors_total"
    assert f'{errors}{{context="measured",error="ConnectionError",mode="async"}} 1.0' in text
    assert "infra_redis_connection_duration_seconds_bucket" in text
    assert PASSWORD not in text


NOWHERE = "redis://:secret@127.0.0.1:9/0"


@pytest.mark.parametrize(("asked", "allowed"), [(False, False), (True, False), (False, True)])
async def test_a_fake_must_be_asked_for_and_allowed(asked: bool, allowed: bool) -> None:
    settings = RedisSettings(url=SecretStr(NOWHERE), allow_fake=allowed)
    client = await create_async_redis_client(settings, fallback_to_fake=asked, context="tests")
    with pytest.raises(DependencyUnavailable), redis_errors():
        await client.ping()
    await client.aclose()
    again = create_sync_redis_client(settings, fallback_to_fake=asked, context="tests")
    with pytest.raises(DependencyUnavailable), redis_errors():
        again.ping()
    again.close()


async def test_all_clients_of_a_process_share_the_fake() -> None:
    settings = RedisSettings(url=SecretStr(NOWHERE), allow_fake=True)
    metrics = PrometheusSink()
    with structlog.testing.capture_logs() as logs:
        one = await create_async_redis_client(
            settings, fallback_to_fake=True, context="one", metrics=metrics
        )
        other = await create_async_redis_client(
            settings, fallback_to_fake=True, decode_responses=True, context="other"
        )
        plain = create_sync_redis_client(settings, fallback_to_fake=True, context="plain")
        shared = RedisClient(settings, context="shared")
        await shared.open()
    await one.set("fake", "kept")
    assert await other.get("fake") == "kept"
    assert plain.get("fake") == b"kept"
    assert shared.is_fake
    assert await (await shared.require()).get("fake") == b"kept"
    listener = await shared.listener("listening")
    assert await listener.getdel("fake") == b"kept"
    for client in (one, other, listener):
        await client.aclose()
    plain.close()
    await shared.close()
    warned = [entry for entry in logs if "Redis unavailable" in entry["event"]]
    assert {entry["context"] for entry in warned} == {"one", "other", "plain", "shared"}
    assert "secret" not in str(logs)
    text = metrics.render()[0].decode()
    assert 'infra_redis_fallback_total{context="one",mode="async",reason="ConnectionError"}' in text
    assert 'outcome="fake"' in text


async def test_a_redis_that_answers_is_never_replaced(valkey: ValkeyServer) -> None:
    settings = RedisSettings(url=SecretStr(valkey.url), allow_fake=True)
    client = RedisClient(settings, context="tests")
    await client.open()
    assert not client.is_fake
    assert (await (await client.require()).info())["tcp_port"] == valkey.port
    await client.close()


async def test_a_managed_client_cleans_up_and_leaves_the_pool_open(client: RedisClient) -> None:
    managed = ManagedRedis(BaseService(client))
    with pytest.raises(ZeroDivisionError):
        async with managed as lent:
            await lent.client.set("managed", 1)
            lent.remove_at_exit("managed")
            raise ZeroDivisionError
    assert await client.client.get("managed") is None
    with pytest.raises(RuntimeError):
        _ = managed.client


async def test_a_managed_client_survives_a_clean_up_that_fails(
    client: RedisClient, own_valkey: ValkeyServer
) -> None:
    with structlog.testing.capture_logs() as logs:
        async with ManagedRedis(BaseService(client)) as lent:
            lent.remove_at_exit("managed")
            own_valkey.kill()
    assert "redis.clean_up_failed" in [entry["event"] for entry in logs]
    own_valkey.start()
    await until_back(client)


async def test_an_outage_within_a_managed_block_is_told_as_one(
    client: RedisClient, own_valkey: ValkeyServer
) -> None:
    with pytest.raises(DependencyUnavailable):
        async with ManagedRedis(BaseService(client)) as lent:
            own_valkey.kill()
            await lent.client.get("key")


async def test_a_service_without_clients_says_so() -> None:
    service = BaseService(None)
    assert await service.optional_redis() is None
    assert await service.optional_qdrant() is None
    with pytest.raises(DependencyUnavailable, match="without Redis"):
        await service.require_redis()
    with pytest.raises(DependencyUnavailable, match="without a Qdrant"):
        await service.require_qdrant()


async def test_more_options_reach_the_library(valkey: ValkeyServer) -> None:
    client = await create_async_redis_client(
        settings_for(valkey), redis_kwargs={"client_name": "by-hand"}, context="tests"
    )
    assert (await client.client_info())["name"] == "by-hand"
    await client.aclose()


@pytest.mark.parametrize(
    "url",
    [
        "redis://:secret@host:port/0",
        "http://:secret@host/0",
        "redis+sentinel://:secret@host:26379",
        "redis+sentinel://:secret@host:26379/",
        "redis+sentinel://:secret@host:26379/service/number",
        "redis+sentinel://:secret@,host/service",
    ],
)
async def test_an_unusable_address_is_refused_without_showing_it(url: str) -> None:
    settings = RedisSettings(url=SecretStr(url))
    with pytest.raises(ConfigurationError) as refused:
        await create_async_redis_client(settings, context="tests")
    assert "secret" not in str(refused.value)
    with pytest.raises(ConfigurationError):
        create_sync_redis_client(settings, context="tests")


def test_an_address_of_sentinels() -> None:
    url = "rediss+sentinel://us%40er:p%2Fw@one:1,[::1]:2,three/vault/4?sentinel_password=s%25"
    assert parse_sentinel(url) == SentinelAddress(
        sentinels=(("one", 1), ("::1", 2), ("three", 26379)),
        service="vault",
        database=4,
        username="us@er",
        password="p/w",
        sentinel_password="s%",
        tls=True,
    )
    assert parse_sentinel("redis://host/0") is None
    assert "p%2Fw" not in redact_url(url)


async def test_certificates_need_tls_and_must_be_there(tmp_path: Path) -> None:
    ca_file = tmp_path / "ca.pem"
    ca_file.write_text("")
    for url, path in (("redis://host/0", ca_file), ("rediss://host/0", tmp_path / "none.pem")):
        with pytest.raises(ConfigurationError):
            await create_async_redis_client(
                RedisSettings(url=SecretStr(url), ca_file=path), context="tests"
            )


async def test_making_a_client_says_where_without_saying_the_password(
    valkey: ValkeyServer,
) -> None:
    with structlog.testing.capture_logs() as logs:
        client = await create_async_redis_client(settings_for(valkey), context="somebody")
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
