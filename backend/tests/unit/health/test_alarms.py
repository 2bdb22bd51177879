"""Alarms of monitoring outside: cleaned, bounded, shared, and ended by themselves."""

from collections.abc import AsyncIterator

import pytest

from docuvault.domain.errors import Conflict, DependencyUnavailable, ErrorCode
from docuvault.domain.health import HealthStatus
from docuvault.health.alarms import MOST_ALARMS, PREFIX, Alarm, ExternalAlarms
from docuvault.key_value.memory import MemoryStorage

DEGRADED, UNHEALTHY = HealthStatus.DEGRADED, HealthStatus.UNHEALTHY


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += seconds


class Outage(MemoryStorage):
    """A storage that can be taken away."""

    def __init__(self) -> None:
        super().__init__()
        self.is_away = False

    async def _keys(self, prefix: str) -> AsyncIterator[str]:
        if self.is_away:
            raise DependencyUnavailable(ErrorCode.REDIS_UNAVAILABLE)
        async for key in super()._keys(prefix):
            yield key


async def found(alarms: ExternalAlarms) -> dict[str, HealthStatus]:
    results = [await check.check() for check in await alarms.checks()]
    return {result.name: result.status for result in results}


@pytest.mark.parametrize(
    ("subject", "name"),
    [
        ("Disk latency", "datadog:disk-latency"),
        ("  Disk -- LATENCY!\n", "datadog:disk-latency"),
        ("Läden in Köln", "datadog:läden-in-köln"),
        ("health:external:*", "datadog:health-external"),
        ("../../x\x00\x1b[31m", "datadog:x-31m"),
        ("x" * 500, "datadog:" + "x" * 60),
        ("", "datadog:unnamed"),
        ("!?", "datadog:unnamed"),
    ],
)
def test_names_are_cleaned(subject: str, name: str) -> None:
    assert Alarm("datadog", subject, DEGRADED).name == name


async def test_alarms_are_seen_by_all_processes_until_they_are_lifted() -> None:
    storage = MemoryStorage()
    clock = Clock()
    here, there = (ExternalAlarms(storage, 60, clock=clock) for _ in range(2))
    assert await found(there) == {}

    await here.sound(Alarm("datadog", "Disk", UNHEALTHY))
    await here.sound(Alarm("newrelic", "Disk", DEGRADED))
    clock.pass_by(1)
    assert await found(there) == {"datadog:disk": UNHEALTHY, "newrelic:disk": DEGRADED}
    assert await found(here) == await found(there)

    await there.lift(Alarm("datadog", "Disk", HealthStatus.HEALTHY))
    clock.pass_by(1)
    assert await found(here) == {"newrelic:disk": DEGRADED}
    messages = [(await check.check()).message for check in await here.checks()]
    assert messages == ["Newrelic reports trouble here."]


async def test_an_alarm_may_change() -> None:
    alarms = ExternalAlarms(MemoryStorage(), 60)
    for status in (DEGRADED, UNHEALTHY, DEGRADED):
        await alarms.sound(Alarm("datadog", "Disk", status))
        assert await found(alarms) == {"datadog:disk": status}


async def test_an_alarm_that_nobody_lifts_ends() -> None:
    clock = Clock()
    alarms = ExternalAlarms(MemoryStorage(clock=clock), 60, clock=clock)
    await alarms.sound(Alarm("datadog", "Disk", UNHEALTHY))
    clock.pass_by(59)
    assert await found(alarms) == {"datadog:disk": UNHEALTHY}

    clock.pass_by(2)
    assert await found(alarms) == {}


async def test_there_are_never_more_than_so_many() -> None:
    storage = MemoryStorage()
    alarms = ExternalAlarms(storage, 60)
    for number in range(MOST_ALARMS):
        await alarms.sound(Alarm("datadog", f"part {number}", DEGRADED))

    with pytest.raises(Conflict) as refused:
        await alarms.sound(Alarm("datadog", "one more", DEGRADED))

    assert refused.value.code is ErrorCode.TOO_MANY_REQUESTS
    assert len(await found(alarms)) == MOST_ALARMS
    # Those that are known may still change.
    await alarms.sound(Alarm("datadog", "part 0", UNHEALTHY))
    assert (await found(alarms))["datadog:part-0"] is UNHEALTHY


@pytest.mark.parametrize("entry", ["nonsense", 7, None, [], {}, {"status": "odd", "source": "x"}])
async def test_what_is_none_of_ours_is_no_alarm(entry: object) -> None:
    storage = MemoryStorage()
    await storage.set(f"{PREFIX}odd", entry)  # type: ignore[arg-type]

    assert await found(ExternalAlarms(storage, 60)) == {}


async def test_without_the_storage_each_process_goes_on_with_what_it_knows() -> None:
    clock, storage = Clock(), Outage()
    alarms = ExternalAlarms(storage, 60, clock=clock)
    await alarms.sound(Alarm("datadog", "Disk", UNHEALTHY))
    assert await found(alarms) == {"datadog:disk": UNHEALTHY}

    storage.is_away = True
    clock.pass_by(59)
    assert await found(alarms) == {"datadog:disk": UNHEALTHY}
    with pytest.raises(DependencyUnavailable):
        await alarms.sound(Alarm("datadog", "Net", UNHEALTHY))
    clock.pass_by(2)
    assert await found(alarms) == {}

    storage.is_away = False
    clock.pass_by(1)
    assert await found(alarms) == {"datadog:disk": UNHEALTHY}
