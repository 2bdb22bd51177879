"""News: both buses tell every listener of the owner, and none of anybody else."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from uuid import UUID, uuid4

import pytest
from pydantic import SecretStr

from docuvault.clients.redis import RedisClient
from docuvault.config.settings import RedisSettings
from docuvault.domain.errors import DependencyUnavailable, ErrorCode
from docuvault.events.base import Event, EventBus
from docuvault.events.memory import MemoryEventBus
from docuvault.events.pending import PendingEvents
from docuvault.events.redis import RedisEventBus
from tests.servers.valkey import ValkeyServer, valkey_server

PATIENCE = 10


@asynccontextmanager
async def open_redis_bus(server: ValkeyServer) -> AsyncIterator[RedisEventBus]:
    """As `bootstrap` makes it."""
    settings = RedisSettings(
        url=SecretStr(server.url),
        health_check_interval=0,
        socket_timeout=1,
        connect_timeout=1,
        retry_seconds=0.1,
    )
    async with AsyncExitStack() as stack:
        client = RedisClient(settings, context="test")
        stack.push_async_callback(client.close)
        await client.open()
        listening = await client.listener("test-events")
        stack.push_async_callback(listening.aclose)
        bus = RedisEventBus(client, listening)
        stack.push_async_callback(bus.close)
        yield bus


@pytest.fixture(params=["memory", "redis"])
async def bus(request: pytest.FixtureRequest) -> AsyncIterator[EventBus]:
    if request.param == "memory":
        yield MemoryEventBus()
        return
    async with open_redis_bus(request.getfixturevalue("valkey")) as bus:
        yield bus


def event(owner_id: UUID, kind: str = "document") -> Event:
    return Event(owner_id, kind, uuid4())


async def heard(news: AsyncIterator[Event], count: int) -> list[Event]:
    async with asyncio.timeout(PATIENCE):
        return [await anext(news) for _ in range(count)]


async def ended(news: AsyncIterator[Event]) -> bool:
    async with asyncio.timeout(PATIENCE):
        return await anext(news, None) is None


async def test_news_arrive_whole_and_in_order(bus: EventBus) -> None:
    owner = uuid4()
    told = [event(owner, kind) for kind in ("document", "topic", "document")]

    async with bus.subscribe(owner) as news:
        for one in told:
            await bus.publish(one)
        assert await heard(news, 3) == told


async def test_every_listener_of_the_owner_hears_and_nobody_else(bus: EventBus) -> None:
    mine, theirs = uuid4(), uuid4()
    async with (
        bus.subscribe(mine) as first,
        bus.subscribe(mine) as second,
        bus.subscribe(theirs) as other,
    ):
        secret, shared, marker = event(mine), event(mine), event(theirs)
        for one in (secret, shared, marker):
            await bus.publish(one)
        assert await heard(first, 2) == [secret, shared]
        assert await heard(second, 2) == [secret, shared]
        assert await heard(other, 1) == [marker]


async def test_news_from_before_are_not_heard(bus: EventBus) -> None:
    owner = uuid4()
    await bus.publish(event(owner))
    async with bus.subscribe(owner) as news:
        later = event(owner)
        await bus.publish(later)
        assert await heard(news, 1) == [later]


async def test_a_listener_may_leave_and_come_back(bus: EventBus) -> None:
    owner = uuid4()
    async with bus.subscribe(owner):
        pass
    await bus.publish(event(owner))
    async with bus.subscribe(owner) as news:
        one = event(owner)
        await bus.publish(one)
        assert await heard(news, 1) == [one]


async def test_a_listener_that_fails_harms_nobody(bus: EventBus) -> None:
    owner = uuid4()
    async with bus.subscribe(owner) as news:
        with pytest.raises(ZeroDivisionError):
            async with bus.subscribe(owner):
                raise ZeroDivisionError
        one = event(owner)
        await bus.publish(one)
        assert await heard(news, 1) == [one]


async def test_closing_ends_all_subscriptions_also_late_ones(bus: EventBus) -> None:
    owner = uuid4()
    async with bus.subscribe(owner) as news:
        waiting = asyncio.create_task(ended(news))
        await asyncio.sleep(0)
        await bus.close()
        assert await waiting
    async with bus.subscribe(owner) as late:
        assert await ended(late)


async def test_a_slow_listener_loses_the_oldest_news() -> None:
    bus, owner = MemoryEventBus(), uuid4()
    told = [event(owner) for _ in range(1200)]
    async with bus.subscribe(owner) as news:
        for one in told:
            await bus.publish(one)
        assert await heard(news, 1000) == told[200:]
        for one in told:
            await bus.publish(one)
        await bus.close()
        assert len([one async for one in news]) == 999, "the end is heard also by the slowest"


async def test_two_processes_hear_each_other(valkey: ValkeyServer) -> None:
    owner = uuid4()
    async with (
        open_redis_bus(valkey) as api,
        open_redis_bus(valkey) as worker,
        api.subscribe(owner) as news,
    ):
        one = event(owner)
        await worker.publish(one)
        assert await heard(news, 1) == [one]


async def until_back(bus: EventBus) -> None:
    async with asyncio.timeout(PATIENCE):
        while True:
            try:
                async with bus.subscribe(uuid4()):
                    return
            except DependencyUnavailable:
                await asyncio.sleep(0.01)


async def test_without_redis_nobody_is_kept_waiting() -> None:
    owner = uuid4()
    with valkey_server() as server:
        async with open_redis_bus(server) as bus:
            async with bus.subscribe(owner) as news:
                server.pause()
                async with asyncio.timeout(1):
                    await bus.publish(event(owner))
                server.resume()
                # The connection that was given up does not answer a later command.
                one = event(owner)
                async with asyncio.timeout(PATIENCE):
                    while True:
                        await bus.publish(one)
                        if (await heard(news, 1)) == [one]:
                            break
                server.kill()
                assert await ended(news), "the browser will connect again"
            async with asyncio.timeout(2):
                await bus.publish(event(owner))
            with pytest.raises(DependencyUnavailable) as caught:
                async with asyncio.timeout(PATIENCE), bus.subscribe(owner):
                    pass
            assert caught.value.code is ErrorCode.REDIS_UNAVAILABLE
            server.start()
            await until_back(bus)
            async with bus.subscribe(owner) as news:
                one = event(owner)
                await bus.publish(one)
                assert await heard(news, 1) == [one]


async def test_pending_news_are_told_once_and_only_when_flushed() -> None:
    bus, owner = MemoryEventBus(), uuid4()
    one, other = event(owner), event(owner)
    async with bus.subscribe(owner) as news:
        dropped = PendingEvents()
        dropped.add(event(owner))
        pending = PendingEvents()
        for waiting in (one, other, one):
            pending.add(waiting)
        await pending.flush(bus)
        await pending.flush(bus)
        await bus.close()
        assert [found async for found in news] == [one, other]
