"""Pages about Redis for administrators: they try it out, measure it, and say what to do."""

import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from uuid import uuid4

from docuvault.clients.managed import ManagedRedis
from docuvault.clients.redis import AsyncRedis, RedisClient, RefusedCommand
from docuvault.clients.service import BaseService
from docuvault.domain.errors import DependencyUnavailable
from docuvault.domain.health import HealthStatus
from docuvault.health.redis_findings import (
    ConnectionPool,
    Connectivity,
    LatencyClass,
    Operational,
    Performance,
    ServerInfo,
    Timing,
    hit_ratio,
    latency_class,
    latency_status,
    warnings_of,
)

_ROUNDS = 20
# Also removed by Redis itself, should this process die in between.
_KEY_SECONDS = 30

_WORKS = "Redis works."
_FAKE = "An in-memory fake stands in for Redis: nothing outlives this process."
_SLOW = "Redis works, but is slow: look at its load, its disk and the network between."
_REFUSES = "Redis answers, but refuses what the vault needs: look at its memory and its ACL rules."

_ORDER = list(LatencyClass)


class RedisPages(BaseService):
    """One method a page; raises `DependencyUnavailable` only where no Redis is configured.

    While Redis is away the pages say so.
    """

    async def connectivity(self) -> Connectivity:
        """One PING."""
        redis = self.configured_redis()
        ping: Timing | None = None
        try:
            client = await self.require_redis()
            ping = await _timed("ping", client.ping)
            status, message = _judged(redis, [ping])
        except DependencyUnavailable as error:
            status, message = HealthStatus.UNHEALTHY, error.detail
        return Connectivity(
            status=status,
            message=message,
            at=_now(),
            address=redis.address,
            is_fake=redis.is_fake,
            ping=ping,
        )

    async def performance(self) -> Performance:
        """PING, SET, GET and DEL, many times each; the median of each counts."""
        redis = self.configured_redis()
        timings: list[Timing] = []
        rate: float | None = None
        try:
            async with ManagedRedis(self) as managed:
                key = _new_key()
                managed.remove_at_exit(key)
                begun = time.perf_counter()
                timings = [
                    await _median(name, work) for name, work in _operations(managed.client, key)
                ]
                seconds = time.perf_counter() - begun
                rate = round(_ROUNDS * len(timings) / seconds, 1)
            status, message = _judged(redis, timings)
        except RefusedCommand:
            status, message = HealthStatus.DEGRADED, _REFUSES
        except DependencyUnavailable as error:
            status, message = HealthStatus.UNHEALTHY, error.detail
        return Performance(
            status=status, message=message, at=_now(), timings=timings, operations_per_second=rate
        )

    async def server_info(self) -> ServerInfo:
        """INFO; imitations and careful providers tell less or nothing."""
        self.configured_redis()
        info: dict[str, object] = {}
        try:
            async with ManagedRedis(self) as managed:
                info = await managed.client.info()
            warnings = warnings_of(info)
            status = HealthStatus.DEGRADED if warnings else HealthStatus.HEALTHY
            message = "Something deserves a look." if warnings else _WORKS
        except RefusedCommand:
            status, warnings = HealthStatus.DEGRADED, []
            message = "Redis answers, but this one tells nothing about itself."
        except DependencyUnavailable as error:
            status, message, warnings = HealthStatus.UNHEALTHY, error.detail, []
        return ServerInfo(
            status=status,
            message=message,
            at=_now(),
            version=_text(info, "valkey_version") or _text(info, "redis_version"),
            uptime_seconds=_number(info, "uptime_in_seconds"),
            clients=_number(info, "connected_clients"),
            memory_bytes=_number(info, "used_memory"),
            memory_limit_bytes=_number(info, "maxmemory") or None,
            hit_ratio=hit_ratio(info),
            evicted_keys=_number(info, "evicted_keys"),
            warnings=warnings,
        )

    async def connection_pool(self) -> ConnectionPool:
        """The connections of this process; asks Redis nothing."""
        redis = self.configured_redis()
        pool = redis.client.connection_pool
        in_use, idle = len(pool._in_use_connections), len(pool._available_connections)
        status, message = HealthStatus.HEALTHY, "There are connections to spare."
        if redis.is_open:
            status, message = HealthStatus.UNHEALTHY, redis.unavailable().detail
        elif in_use >= pool.max_connections:
            status = HealthStatus.DEGRADED
            message = "All connections are in use: raise DOCUVAULT_REDIS__MAX_CONNECTIONS."
        return ConnectionPool(
            status=status,
            message=message,
            at=_now(),
            largest=pool.max_connections,
            in_use=in_use,
            idle=idle,
            circuit_open=redis.is_open,
        )

    async def operational(self) -> Operational:
        """What the vault does with Redis, once each, with keys that are removed afterwards."""
        redis = self.configured_redis()
        steps: list[Timing] = []
        try:
            async with ManagedRedis(self) as managed:
                for name, work in _round_trips(managed):
                    steps.append(await _timed(name, work))
            status, message = _judged(redis, steps)
            if not all(step.ok for step in steps):
                status, message = HealthStatus.UNHEALTHY, "Redis gives back what nobody put in."
        except RefusedCommand:
            status, message = HealthStatus.UNHEALTHY, _REFUSES
        except DependencyUnavailable as error:
            status, message = HealthStatus.UNHEALTHY, error.detail
        return Operational(status=status, message=message, at=_now(), steps=steps)


def _round_trips(
    managed: ManagedRedis,
) -> list[tuple[str, Callable[[], Awaitable[bool]]]]:
    client, key = managed.client, _new_key()
    counter, fields = f"{key}:counter", f"{key}:fields"
    managed.remove_at_exit(key, counter, fields)
    value = uuid4().hex.encode()

    async def keep() -> bool:
        await client.set(key, value, ex=_KEY_SECONDS)
        return bool(await client.get(key) == value and 0 < await client.ttl(key) <= _KEY_SECONDS)

    async def keep_once() -> bool:
        return await client.set(key, b"other", nx=True) is None

    async def count() -> bool:
        async with client.pipeline(transaction=True) as transaction:
            transaction.set(counter, 41, ex=_KEY_SECONDS)
            transaction.incr(counter)
            return bool((await transaction.execute())[-1] == 42)

    async def fill() -> bool:
        await client.hset(fields, "a", "1")
        await client.expire(fields, _KEY_SECONDS)
        return bool(await client.hgetall(fields) == {b"a": b"1"})

    async def tell() -> bool:
        return bool(await client.publish(key, value) == 0)

    async def forget() -> bool:
        return bool(await client.unlink(key) == 1 and await client.get(key) is None)

    return [
        ("keep a value for a while", keep),
        ("keep only the first value", keep_once),
        ("count in a transaction", count),
        ("keep fields", fill),
        ("publish", tell),
        ("forget", forget),
    ]


def _operations(client: AsyncRedis, key: str) -> list[tuple[str, Callable[[], Awaitable[object]]]]:
    return [
        ("ping", client.ping),
        ("set", lambda: client.set(key, b"x", ex=_KEY_SECONDS)),
        ("get", lambda: client.get(key)),
        ("delete", lambda: client.delete(key)),
    ]


async def _timed(name: str, work: Callable[[], Awaitable[object]]) -> Timing:
    begun = time.perf_counter()
    ok = bool(await work())
    return _timing(name, ok, (time.perf_counter() - begun) * 1000)


async def _median(name: str, work: Callable[[], Awaitable[object]]) -> Timing:
    found = []
    for _ in range(_ROUNDS):
        begun = time.perf_counter()
        await work()
        found.append((time.perf_counter() - begun) * 1000)
    return _timing(name, True, sorted(found)[_ROUNDS // 2])


def _timing(name: str, ok: bool, milliseconds: float) -> Timing:
    return Timing(name, ok, round(milliseconds, 3), latency_class(milliseconds))


def _judged(redis: RedisClient, timings: list[Timing]) -> tuple[HealthStatus, str]:
    status = latency_status(max((t.latency for t in timings), key=_ORDER.index))
    if status is not HealthStatus.HEALTHY:
        return status, _SLOW
    return (HealthStatus.DEGRADED, _FAKE) if redis.is_fake else (status, _WORKS)


def _new_key() -> str:
    return f"docuvault:debug:{uuid4().hex}"


def _now() -> datetime:
    return datetime.now(UTC)


def _text(info: dict[str, object], name: str) -> str | None:
    value = info.get(name)
    return value if isinstance(value, str) else None


def _number(info: dict[str, object], name: str) -> int | None:
    value = info.get(name)
    return value if isinstance(value, int) else None
