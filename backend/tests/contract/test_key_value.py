"""Small facts: every driver keeps them alike, and an outage is never taken for a miss."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import structlog
from fakeredis import FakeAsyncRedis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import JsonValue, SecretStr
from redis.asyncio import Redis

from docuvault.clients.redis import RedisClient
from docuvault.config.settings import RedisSettings, Settings
from docuvault.domain.errors import CorruptValue, DependencyUnavailable, ErrorCode, InvalidInput
from docuvault.key_value.base import Storage
from docuvault.key_value.entries import MAX_KEY_BYTES, MAX_VALUE_BYTES
from docuvault.key_value.factory import create_storage
from docuvault.key_value.file import FileStorage
from docuvault.key_value.memory import MemoryStorage
from docuvault.key_value.redis import RedisStorage
from tests.servers.valkey import PASSWORD, ValkeyServer, valkey_server

PATIENCE = 10
# Seconds for connecting and for answering where outages are tried, and when a call must be over.
SHORT = 0.5
AWAY = 2 * SHORT + 1.5

KEYS = st.text(st.characters(exclude_categories=["Cc", "Cs"]), min_size=1, max_size=60)
NUMBERS = st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False))
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
VALUES: st.SearchStrategy[JsonValue] = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, TEXTS),
    lambda inner: st.one_of(st.lists(inner), st.dictionaries(TEXTS, inner)),
    max_leaves=10,
)
GLOBS = ["*", "?", "[a-c]", "[^a]", "\\", "\\*", "{a,b}", "a*b?c[d]e\\f", "**", "]", "[", "^", "-"]


def settings_for(server: ValkeyServer, seconds: float = PATIENCE) -> RedisSettings:
    return RedisSettings(url=SecretStr(server.url), socket_timeout=seconds, connect_timeout=seconds)


@asynccontextmanager
async def connected(server: ValkeyServer, seconds: float = PATIENCE) -> AsyncIterator[RedisStorage]:
    """As one process of the product has it."""
    redis = settings_for(server, seconds)
    client = RedisClient(redis, context="tests")
    await client.open()
    storage = create_storage(Settings(redis=redis), client)
    assert isinstance(storage, RedisStorage)
    try:
        yield storage
    finally:
        await storage.close()
        await client.close()


@asynccontextmanager
async def empty_redis(kind: str, request: pytest.FixtureRequest) -> AsyncIterator[Redis]:
    """The imitation, or a database of the real server."""
    if kind == "fakeredis":
        async with FakeAsyncRedis() as fake:
            yield fake
        return
    client = RedisClient(settings_for(request.getfixturevalue("valkey")), context="tests")
    await client.open()
    try:
        await client.client.flushdb()
        yield client.client
    finally:
        await client.close()


@pytest.fixture(params=["fakeredis", "valkey"])
async def redis(request: pytest.FixtureRequest) -> AsyncIterator[Redis]:
    """An empty Redis."""
    async with empty_redis(request.param, request) as client:
        yield client


@pytest.fixture(params=["memory", "file", "fakeredis", "valkey"])
async def storage(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Storage]:
    """An empty storage of every driver."""
    if request.param in {"memory", "file"}:
        own = MemoryStorage() if request.param == "memory" else FileStorage(tmp_path / "facts.db")
        yield own
        await own.close()
        return
    async with empty_redis(request.param, request) as client:
        yield RedisStorage(client, timeout=PATIENCE)


async def listed(storage: Storage, prefix: str = "") -> list[str]:
    return sorted([key async for key in storage.scan(prefix)])


async def gone(storage: Storage, key: str) -> None:
    """Wait until the key has expired."""
    async with asyncio.timeout(PATIENCE):
        while await storage.get(key, "gone") != "gone":
            await asyncio.sleep(0.005)


def same(one: object, other: object) -> bool:
    """Whether two values are the same JSON, with 1, 1.0 and true apart."""
    if type(one) is not type(other):
        return False
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    return one == other


# --- get, set, delete ---------------------------------------------------------------------------


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(key=KEYS, value=VALUES)
async def test_every_json_value_comes_back_under_every_key(
    storage: Storage, key: str, value: JsonValue
) -> None:
    await storage.set(key, value)

    assert same(await storage.get(key, "a miss"), value)
    assert key in await listed(storage, key)
    assert await storage.delete(key) == 1
    assert await storage.get(key, "a miss") == "a miss"


async def test_null_is_a_value_and_not_a_miss(storage: Storage) -> None:
    assert await storage.get("fact") is None
    assert await storage.get("fact", "a miss") == "a miss"
    await storage.set("fact", None)
    assert await storage.get("fact", "a miss") is None


async def test_what_came_back_can_be_changed_without_changing_what_is_kept(
    storage: Storage,
) -> None:
    value: dict[str, JsonValue] = {"list": [1]}
    await storage.set("fact", value)
    value["list"] = "changed"
    first = await storage.get("fact")
    assert isinstance(first, dict)
    first["list"] = "changed"

    assert await storage.get("fact") == {"list": [1]}


async def test_a_later_value_takes_the_place_of_an_earlier_one(storage: Storage) -> None:
    await storage.set("fact", "a longer value than the next")
    await storage.set("fact", 2)

    assert await storage.get("fact") == 2
    assert await listed(storage) == ["fact"]


async def test_several_keys_are_forgotten_at_once(storage: Storage) -> None:
    for name in ("a", "b", "c"):
        await storage.set(name, 1)

    assert await storage.delete() == 0
    assert await storage.delete("a", "c", "c", "never there") == 2
    assert await storage.delete("a") == 0
    assert await listed(storage) == ["b"]


# --- lifetimes ----------------------------------------------------------------------------------


async def test_a_value_goes_when_its_time_is_up(storage: Storage) -> None:
    await storage.set("short", 1, expire=0.05)
    await storage.set("long", 1, expire=3600)

    await gone(storage, "short")
    assert await storage.get("long") == 1
    assert await listed(storage) == ["long"]
    assert await storage.delete("short") == 0
    assert not await storage.compare_and_set("short", 1, 2)
    assert await storage.increment("short", 5) == 5


async def test_set_without_a_lifetime_ends_the_earlier_one(storage: Storage) -> None:
    await storage.set("kept", 1, expire=0.2)
    await storage.set("kept", 2)
    await storage.set("replaced", 1, expire=0.2)
    assert await storage.compare_and_set("replaced", 1, 2)
    await storage.set("witness", 1, expire=0.2)

    await gone(storage, "witness")
    assert await storage.get("kept") == 2
    assert await storage.get("replaced") == 2


async def test_a_counter_lives_from_its_first_increment_on(storage: Storage) -> None:
    assert await storage.increment("window", expire=0.2) == 1
    assert await storage.increment("window", expire=3600) == 2
    await storage.set("for ever", 1)
    assert await storage.increment("for ever", expire=0.2) == 2

    await gone(storage, "window")
    assert await storage.increment("window", expire=3600) == 1
    assert await storage.get("for ever") == 2


async def test_the_other_writes_take_a_lifetime_too(storage: Storage) -> None:
    assert await storage.add_if_absent("added", 1, expire=0.05)
    await storage.set("replaced", 1)
    assert await storage.compare_and_set("replaced", 1, 2, expire=0.05)

    await gone(storage, "added")
    await gone(storage, "replaced")
    assert await storage.add_if_absent("added", 2, expire=3600)


# --- one step at a time -------------------------------------------------------------------------


async def test_increments_of_many_add_up(storage: Storage) -> None:
    amounts = [(-1) ** n * n for n in range(50)]

    results = await asyncio.gather(*(storage.increment("n", amount) for amount in amounts))

    assert await storage.get("n") == sum(amounts)
    assert sum(amounts) in results
    await storage.set("plain", 0)
    counted = await asyncio.gather(*(storage.increment("plain") for _ in range(50)))
    assert sorted(counted) == list(range(1, 51))


async def test_a_counter_has_all_its_digits(storage: Storage) -> None:
    big = 2**53 + 1
    assert await storage.increment("n", big) == big
    assert await storage.increment("n", 0) == big
    assert await storage.increment("n", 2**63 - 1 - big) == 2**63 - 1
    with pytest.raises(InvalidInput) as caught:
        await storage.increment("n")
    assert caught.value.code is ErrorCode.INVALID_ENTRY
    assert "range" in caught.value.detail
    assert await storage.get("n") == 2**63 - 1
    assert await storage.increment("m", -(2**63)) == -(2**63)


@pytest.mark.parametrize(
    "value", [None, True, 1.0, 1.5, "1", "", [1], {"n": 1}, 2**63, -(2**63) - 1, 10**40]
)
async def test_only_whole_numbers_are_counted_on(storage: Storage, value: JsonValue) -> None:
    await storage.set("n", value, expire=3600)

    with pytest.raises(InvalidInput) as caught:
        await storage.increment("n")

    assert "whole number" in caught.value.detail
    assert same(await storage.get("n"), value)


async def test_exactly_one_of_many_is_the_first(storage: Storage) -> None:
    won = await asyncio.gather(*(storage.add_if_absent("lock", n) for n in range(50)))

    assert won.count(True) == 1
    assert await storage.get("lock") == won.index(True)
    await storage.delete("lock")
    assert await storage.add_if_absent("lock", "again")


async def test_exactly_one_of_many_replaces_what_all_have_seen(storage: Storage) -> None:
    await storage.set("mode", "primary")

    won = await asyncio.gather(*(storage.compare_and_set("mode", "primary", n) for n in range(50)))

    assert won.count(True) == 1
    assert await storage.get("mode") == won.index(True)


async def test_no_change_is_lost_when_all_look_before_they_write(storage: Storage) -> None:
    await storage.set("list", [])

    async def append(number: int) -> None:
        while True:
            seen = await storage.get("list")
            assert isinstance(seen, list)
            if await storage.compare_and_set("list", seen, [*seen, number]):
                return

    async with asyncio.timeout(60):
        await asyncio.gather(*(append(number) for number in range(20)))
    found: Any = await storage.get("list")
    assert sorted(found) == list(range(20))


async def test_values_are_compared_as_json(storage: Storage) -> None:
    await storage.set("fact", {"b": [1, "é"], "a": None})
    assert await storage.compare_and_set("fact", {"a": None, "b": [1, "é"]}, 1)
    assert not await storage.compare_and_set("fact", 1.0, "wrong")
    assert not await storage.compare_and_set("fact", True, "wrong")
    assert await storage.compare_and_set("fact", 1, None)
    assert await storage.compare_and_set("fact", None, {})
    assert not await storage.compare_and_set("absent", None, "wrong")
    assert await listed(storage) == ["fact"]
    assert await storage.get("fact") == {}


async def test_a_counter_can_be_replaced(storage: Storage) -> None:
    await storage.increment("n", 7)
    assert await storage.compare_and_set("n", 7, 0)
    assert await storage.increment("n", -3) == -3
    assert await storage.get("n") == -3


# --- scan ---------------------------------------------------------------------------------------


async def test_a_scan_lists_all_and_not_just_the_first_ten(storage: Storage) -> None:
    for number in range(1300):
        await storage.set(f"fallback:transition:{number}", number)
    await storage.set("fallback", 0)

    found = [key async for key in storage.scan("fallback:")]

    assert len(found) == 1300
    assert set(found) == {f"fallback:transition:{number}" for number in range(1300)}
    assert await storage.delete(*found) == 1300
    assert await listed(storage) == ["fallback"]


async def test_signs_of_patterns_in_keys_are_letters_like_others(storage: Storage) -> None:
    names = [sign + rest for sign in GLOBS for rest in ("", ":one", "x")]
    for name in ["a", "b", "ab", "abc", *names]:
        await storage.set(name, name)

    for sign in GLOBS:
        expected = sorted(name for name in set(names) if name.startswith(sign))
        assert await listed(storage, sign) == expected, sign
    for name in names:
        assert await storage.get(name) == name


async def test_a_scan_goes_on_while_keys_are_deleted(storage: Storage) -> None:
    for number in range(700):
        await storage.set(f"old:{number}", number)
    async for key in storage.scan("old:"):
        await storage.delete(key)

    assert await listed(storage) == []


# --- what cannot be kept ------------------------------------------------------------------------

BAD_KEYS = ["", "a\x00b", "a\nb", "\x7f", "\ud800", "x" * (MAX_KEY_BYTES + 1), "é" * 257]


@pytest.mark.parametrize("key", BAD_KEYS, ids=range(len(BAD_KEYS)))
async def test_a_bad_key_is_refused_by_every_method(storage: Storage, key: str) -> None:
    calls = [
        storage.get(key),
        storage.set(key, 1),
        storage.delete("good", key),
        storage.increment(key),
        storage.add_if_absent(key, 1),
        storage.compare_and_set(key, 1, 2),
    ]
    for call in calls:
        with pytest.raises(InvalidInput) as caught:
            await call
        assert caught.value.code is ErrorCode.INVALID_ENTRY
        assert "key" in caught.value.detail
    if key:
        with pytest.raises(InvalidInput):
            await listed(storage, key)


def nested(depth: int) -> JsonValue:
    value: JsonValue = 0
    for _ in range(depth):
        value = [value]
    return value


BAD_VALUES: dict[str, tuple[Any, str]] = {
    "not a number": (float("nan"), "finite"),
    "infinite": ([float("inf")], "finite"),
    "a set": ({1}, "set"),
    "a tuple": ({"pair": (1, 2)}, "tuple"),
    "bytes": (b"1", "bytes"),
    "a number as name": ({1: 2}, "texts"),
    "half a character": ("\ud800", "Unicode"),
    "endless digits": (10**5000, "too long"),
    "too deep": (nested(40), "deep"),
    "much too deep": (nested(100_000), "deep"),
    "too large": ("x" * MAX_VALUE_BYTES, "KiB"),
}


@pytest.mark.parametrize("case", BAD_VALUES)
async def test_a_value_that_json_cannot_say_is_refused(storage: Storage, case: str) -> None:
    value, word = BAD_VALUES[case]
    await storage.set("fact", "before")

    for call in (
        storage.set("fact", value),
        storage.add_if_absent("other", value),
        storage.compare_and_set("fact", "before", value),
        storage.compare_and_set("fact", value, "after"),
    ):
        with pytest.raises(InvalidInput) as caught:
            await call
        assert caught.value.code is ErrorCode.INVALID_ENTRY
        assert word in caught.value.detail
    assert await storage.get("fact") == "before"
    assert await listed(storage) == ["fact"]


async def test_the_largest_of_everything_fits(storage: Storage) -> None:
    key, value = "é" * (MAX_KEY_BYTES // 2), "x" * (MAX_VALUE_BYTES - 2)
    await storage.set(key, value)
    await storage.set("deep", nested(32))

    assert await storage.get(key) == value
    assert await listed(storage, key) == [key]
    assert await storage.get("deep") == nested(32)


@pytest.mark.parametrize("expire", [0, -1, float("nan"), float("inf"), 1e12])
async def test_a_lifetime_that_cannot_be_is_refused(storage: Storage, expire: float) -> None:
    await storage.set("fact", 1)
    for call in (
        storage.set("fact", 2, expire=expire),
        storage.increment("fact", expire=expire),
        storage.add_if_absent("other", 2, expire=expire),
        storage.compare_and_set("fact", 1, 2, expire=expire),
    ):
        with pytest.raises(InvalidInput) as caught:
            await call
        assert "lifetime" in caught.value.detail
    assert await storage.get("fact") == 1
    assert await listed(storage) == ["fact"]


async def test_a_step_beyond_64_bits_is_refused(storage: Storage) -> None:
    for amount in (2**63, -(2**63) - 1):
        with pytest.raises(InvalidInput):
            await storage.increment("n", amount)
    assert await listed(storage) == []


# --- Redis and what else is in it ---------------------------------------------------------------


async def test_namespaces_know_nothing_of_each_other(redis: Redis) -> None:
    first, second, starred = (
        RedisStorage(redis, timeout=PATIENCE, namespace=name) for name in ("a", "ab", "a-b")
    )
    await first.set("b:key", 1)
    await first.set("*", 1)
    await second.set("key", 2)
    await starred.set("key", 3)

    assert await listed(first) == ["*", "b:key"]
    assert await listed(second) == ["key"]
    assert await listed(starred) == ["key"]
    assert await first.get("key", "a miss") == "a miss"
    assert await first.delete("key") == 0
    assert await second.get("key") == 2


@pytest.mark.parametrize("name", ["", "a:b", "A", "a*", "a" * 33, "a\n"])
async def test_a_namespace_is_a_plain_name(redis: Redis, name: str) -> None:
    with pytest.raises(ValueError, match="namespace"):
        RedisStorage(redis, timeout=1, namespace=name)


@pytest.mark.parametrize("garbage", ["", "{", "NaN", "\xff", "'text'", "[" * 100_000, "1 2"])
async def test_a_value_that_cannot_be_read_is_not_a_miss(redis: Redis, garbage: str) -> None:
    storage = RedisStorage(redis, timeout=PATIENCE)
    await redis.set("docuvault:fact", garbage.encode("latin-1"))

    with pytest.raises(CorruptValue) as caught:
        await storage.get("fact")
    assert caught.value.code is ErrorCode.CORRUPT_ENTRY
    assert not caught.value.transient
    assert not await storage.add_if_absent("fact", 1)
    assert not await storage.compare_and_set("fact", 1, 2)
    await storage.set("fact", "mended")
    assert await storage.get("fact") == "mended"


async def test_another_kind_of_thing_under_the_key_is_not_a_miss(redis: Redis) -> None:
    storage = RedisStorage(redis, timeout=PATIENCE)
    await redis.hset("docuvault:fact", "field", "value")
    for call in (
        storage.get("fact"),
        storage.increment("fact"),
        storage.compare_and_set("fact", 1, 2),
    ):
        with pytest.raises(CorruptValue):
            await call
    assert not await storage.add_if_absent("fact", 1)
    assert await storage.delete("fact") == 1


async def test_keys_that_are_no_text_are_nobodys(redis: Redis) -> None:
    storage = RedisStorage(redis, timeout=PATIENCE)
    await redis.set(b"docuvault:\xff\xfe", 1)
    await storage.set("mine", 1)

    assert await listed(storage) == ["mine"]


class RepeatingRedis(FakeAsyncRedis):
    """SCAN may list a key more than once, when the server moves its table meanwhile."""

    async def scan(self, *args: Any, **options: Any) -> Any:
        cursor, found = await super().scan(*args, **options)
        return cursor, [*found, *found]


async def test_a_key_is_listed_once_whatever_the_server_does() -> None:
    async with RepeatingRedis() as client:
        storage = RedisStorage(client, timeout=PATIENCE)
        for name in ("a", "b"):
            await storage.set(name, 1)
        assert await listed(storage) == ["a", "b"]


async def test_lifetimes_reach_the_server(redis: Redis) -> None:
    storage = RedisStorage(redis, timeout=PATIENCE)
    await storage.set("set", 1, expire=1000)
    await storage.increment("counted", expire=1000)
    await storage.add_if_absent("added", 1, expire=1000)
    await storage.set("replaced", 1)
    await storage.compare_and_set("replaced", 1, 2, expire=1000)
    await storage.set("fleeting", 1, expire=1e-9)
    await storage.set("for ever", 1)

    for key in ("set", "counted", "added", "replaced"):
        assert 990_000 < await redis.pttl(f"docuvault:{key}") <= 1_000_000, key
    assert await redis.pttl("docuvault:for ever") == -1


# --- a real server that leaves and comes back ---------------------------------------------------


async def test_processes_see_each_other_and_share_the_counting(valkey: ValkeyServer) -> None:
    async with connected(valkey) as api, connected(valkey) as worker:
        await api.delete("mode", "n", "lock")
        await api.set("mode", "safe")
        assert await worker.get("mode") == "safe"
        await asyncio.gather(*(side.increment("n") for side in (api, worker) * 25))
        assert await api.get("n") == 50
        won = await asyncio.gather(*(side.add_if_absent("lock", 1) for side in (api, worker) * 25))
        assert won.count(True) == 1


async def outage(call: Any) -> None:
    began = time.monotonic()
    with pytest.raises(DependencyUnavailable) as caught:
        await call
    assert time.monotonic() - began < AWAY
    assert caught.value.code is ErrorCode.REDIS_UNAVAILABLE
    assert caught.value.transient
    assert PASSWORD not in str(caught.value) + repr(caught.value.__cause__)


async def every_method_fails(storage: Storage) -> None:
    await outage(storage.get("kept"))
    await outage(storage.set("kept", 2))
    await outage(storage.delete("kept"))
    await outage(storage.increment("n"))
    await outage(storage.add_if_absent("other", 1))
    await outage(storage.compare_and_set("kept", 1, 2))
    await outage(listed(storage))


async def test_a_server_that_went_away_is_no_miss_and_comes_back() -> None:
    with valkey_server(append_only=True) as server:
        async with connected(server, SHORT) as storage:
            await storage.set("kept", 1)
            server.kill()
            await every_method_fails(storage)
            server.start()
            assert await once_it_is_back(storage, "kept") == 1
            assert await storage.compare_and_set("kept", 1, 2), "the script is loaded again"
            server.restart()
            assert await storage.get("kept") == 2, "a dead connection of the pool is replaced"


async def test_a_server_that_hangs_is_no_miss_and_comes_back() -> None:
    with valkey_server() as server:
        async with connected(server, SHORT) as storage:
            await storage.set("kept", 1)
            server.pause()
            try:
                await every_method_fails(storage)
                began = time.monotonic()
                results = await asyncio.gather(
                    *(storage.get("kept") for _ in range(120)), return_exceptions=True
                )
                assert time.monotonic() - began < AWAY, "also for those who wait for a connection"
                assert {type(result) for result in results} == {DependencyUnavailable}
            finally:
                server.resume()
            # What was sent during the pause may have been carried out, so another key is asked.
            assert await once_it_is_back(storage, "later") is None
            await storage.set("later", 3)
            assert await storage.get("later") == 3


async def once_it_is_back(storage: Storage, key: str) -> JsonValue:
    """What is kept there; the circuit finds the server back by itself, a moment later."""
    async with asyncio.timeout(10):
        while True:
            try:
                return await storage.get(key)
            except DependencyUnavailable:
                await asyncio.sleep(0.02)


async def test_the_timeout_holds_whatever_the_client_would_wait_for() -> None:
    with valkey_server() as server:
        async with connected(server) as patient:
            impatient = RedisStorage(patient._client, timeout=0.2)
            await patient.set("kept", 1)
            server.pause()
            try:
                await every_method_fails(impatient)
            finally:
                server.resume()
            await patient.set("later", 3)
            assert await patient.get("later") == 3


async def test_a_server_that_was_never_there_is_no_miss() -> None:
    with valkey_server() as server:
        server.stop()
        async with connected(server, SHORT) as storage:
            await every_method_fails(storage)


async def test_who_gives_up_waiting_does_not_hand_his_answer_to_the_next(
    valkey: ValkeyServer,
) -> None:
    async with connected(valkey) as storage:
        for number in range(20):
            await storage.set(f"own:{number}", number)
        for _ in range(20):
            waiting = [asyncio.create_task(storage.get(f"own:{number}")) for number in range(20)]
            await asyncio.sleep(0)
            for task in waiting[::2]:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
            answers = await asyncio.gather(*(storage.get(f"own:{n}") for n in range(20)))
            assert answers == list(range(20))


async def test_a_server_that_is_full_or_forbids_is_an_outage() -> None:
    with valkey_server() as server:
        async with connected(server) as storage:
            await storage.set("kept", 1)
            await storage.set("n", 1)
            admin = storage._client
            with structlog.testing.capture_logs() as logs:
                await admin.config_set("maxmemory", 1)
                await outage(storage.set("kept", 2))
                await outage(storage.increment("n"))
                await outage(storage.add_if_absent("other", 1))
                await outage(storage.compare_and_set("kept", 1, 2))
                assert await storage.get("kept") == 1
                await admin.config_set("maxmemory", 0)
                await admin.acl_setuser("default", enabled=True, commands=["-get"])
                await outage(storage.get("kept"))
                await admin.acl_setuser("default", enabled=True, commands=["+get"])
            assert {entry["event"] for entry in logs} == {"key_value.refused"}
            assert "NoPermissionError" in [entry["error"] for entry in logs]
            assert "kept" not in str(logs)
            await storage.set("kept", 2)
            assert await storage.get("kept") == 2


async def test_the_script_survives_that_the_server_forgets_it(valkey: ValkeyServer) -> None:
    async with connected(valkey) as storage:
        await storage.set("fact", 1)
        assert await storage.compare_and_set("fact", 1, 2)
        await storage._client.script_flush()
        assert await storage.compare_and_set("fact", 2, 3)
