"""Health: every part is asked at once, none for too long, and nothing secret is told."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import pytest

from docuvault.domain.health import HealthStatus
from docuvault.health.monitor import HealthCheck, HealthMonitor

SECRET = "redis://:tr0ub4dor@cache"


async def works() -> bool:
    return True


async def says_no() -> bool:
    return False


async def raises() -> bool:
    raise ConnectionRefusedError(SECRET)


async def hangs() -> bool:
    await asyncio.Event().wait()
    return True


def check(
    name: str, ask: Callable[[], Awaitable[bool]], *, critical: bool = False, timeout: float = 0.05
) -> HealthCheck:
    return HealthCheck(name, critical, ask, "something rests.", timeout_seconds=timeout)


@pytest.mark.parametrize("away", [says_no, raises, hangs])
@pytest.mark.parametrize(
    ("critical", "status"), [(True, HealthStatus.UNHEALTHY), (False, HealthStatus.DEGRADED)]
)
async def test_a_part_that_is_away(
    away: Callable[[], Awaitable[bool]], critical: bool, status: HealthStatus
) -> None:
    monitor = HealthMonitor(
        [check("database", works, critical=True), check("other", away, critical=critical)]
    )

    report = await monitor.report()

    assert report.status is status
    well, ill = report.results
    assert (well.name, well.status, well.message) == ("database", HealthStatus.HEALTHY, "Works.")
    assert (ill.name, ill.critical) == ("other", critical)
    assert ill.status is HealthStatus.UNHEALTHY
    assert ill.message == "Does not answer: something rests."
    assert ill.latency_ms >= 0


async def test_all_well() -> None:
    assert (await HealthMonitor([check("a", works), check("b", works)]).report()).status is (
        HealthStatus.HEALTHY
    )
    assert (await HealthMonitor([]).report()).status is HealthStatus.HEALTHY


async def test_all_parts_are_asked_at_once() -> None:
    monitor = HealthMonitor([check(str(n), hangs, timeout=0.2) for n in range(20)])
    started = time.perf_counter()

    report = await monitor.report()

    assert time.perf_counter() - started < 1
    assert all(result.latency_ms >= 190 for result in report.results)


async def test_a_fault_is_logged_by_its_kind_alone(capsys: pytest.CaptureFixture[str]) -> None:
    report = await HealthMonitor([check("redis", raises)]).report()

    told = capsys.readouterr()
    assert SECRET not in told.out + told.err
    assert SECRET not in repr(report)
