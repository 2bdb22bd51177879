"""The memory driver: time is exact, and nothing piles up."""

import pytest

from docuvault.domain.errors import DependencyUnavailable, ErrorCode
from docuvault.key_value.memory import MemoryStorage


class Clock:
    """Seconds that pass only when they are told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def storage(clock: Clock) -> MemoryStorage:
    return MemoryStorage(clock=clock, max_bytes=100_000)


async def test_a_value_is_there_until_the_moment_it_is_not(
    storage: MemoryStorage, clock: Clock
) -> None:
    await storage.set("fact", 1, expire=10)
    clock.now += 9.999
    assert await storage.get("fact") == 1
    clock.now += 0.001
    assert await storage.get("fact") is None
    assert [key async for key in storage.scan("")] == []


async def test_a_scan_leaves_out_what_expires_meanwhile(
    storage: MemoryStorage, clock: Clock
) -> None:
    await storage.set("a", 1)
    await storage.set("b", 1, expire=10)
    found = []
    async for key in storage.scan(""):
        found.append(key)
        clock.now += 10
    assert found == ["a"]


async def test_the_window_of_a_counter_does_not_move(storage: MemoryStorage, clock: Clock) -> None:
    assert await storage.increment("hits", expire=60) == 1
    clock.now += 59
    assert await storage.increment("hits", expire=60) == 2
    clock.now += 1
    assert await storage.increment("hits", expire=60) == 1


async def test_a_renewed_value_outlives_its_first_deadline(
    storage: MemoryStorage, clock: Clock
) -> None:
    await storage.set("session", 1, expire=10)
    clock.now += 5
    await storage.set("session", 2, expire=10)
    clock.now += 6
    await storage.set("other", 1)
    assert await storage.get("session") == 2
    clock.now += 4
    assert await storage.get("session") is None


async def test_what_has_expired_takes_no_room(storage: MemoryStorage, clock: Clock) -> None:
    for number in range(10_000):
        await storage.set(f"short:{number}", "x" * 500, expire=5)
        clock.now += 1
    assert len(storage._entries) <= 6
    assert len(storage._deadlines) <= 2 * 6 + 64 + 1


async def test_renewing_one_value_for_ever_takes_no_room(
    storage: MemoryStorage, clock: Clock
) -> None:
    for _ in range(10_000):
        await storage.set("session", "x", expire=86_400)
        clock.now += 1
    assert len(storage._deadlines) <= 2 + 64 + 1
    assert await storage.get("session") == "x"
    clock.now += 86_400
    await storage.set("other", 1)
    assert await storage.get("session") is None
    assert len(storage._entries) == 1


async def test_a_full_memory_says_so_and_forgets_nothing(
    storage: MemoryStorage, clock: Clock
) -> None:
    await storage.set("short", "x" * 50_000, expire=10)
    await storage.set("long", "x" * 40_000)
    for write in (
        storage.set("new", "x" * 20_000),
        storage.add_if_absent("new", "x" * 20_000),
        storage.compare_and_set("long", "x" * 40_000, "x" * 60_000),
    ):
        with pytest.raises(DependencyUnavailable) as caught:
            await write
        assert caught.value.code is ErrorCode.SERVICE_UNAVAILABLE
    assert await storage.get("long") == "x" * 40_000
    assert await storage.get("short") == "x" * 50_000
    assert await storage.get("new") is None

    clock.now += 10
    await storage.set("new", "x" * 20_000)
    await storage.set("long", 1)
    await storage.delete("new")
    await storage.set("new", "x" * 99_000)
    assert await storage.get("long") == 1


async def test_room_is_accounted_for_exactly(storage: MemoryStorage, clock: Clock) -> None:
    for number in range(300):
        await storage.set(f"a:{number % 7}", "é" * number, expire=1 + number % 5)
        await storage.increment("n")
        await storage.add_if_absent("once", number)
        if number % 3 == 0:
            await storage.delete(f"a:{number % 7}", "once")
        clock.now += 0.5
    clock.now += 10
    await storage.set("last", 1)
    assert await storage.delete(*[key async for key in storage.scan("")]) == 3
    assert storage._bytes == 0


async def test_nothing_is_left_after_the_end(storage: MemoryStorage) -> None:
    await storage.set("fact", 1, expire=10)
    await storage.close()
    assert await storage.get("fact") is None
    await storage.set("fact", "x" * 90_000)
    assert await storage.get("fact") == "x" * 90_000
