"""Health: every part is asked at once, none for too long, and nothing secret is told."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence

import pytest

from docuvault.domain.errors import ConfigurationError, DependencyUnavailable, ErrorCode
from docuvault.domain.health import HealthStatus
from docuvault.health.base import WORKS, BaseHealthCheck, Finding, degraded
from docuvault.health.checks.component import ComponentHealthCheck
from docuvault.health.monitor import HealthMonitor
from docuvault.observability.metrics.null import NullSink
from docuvault.observability.metrics.prometheus import PrometheusSink

SECRET = "redis://:tr0ub4dor@cache"
HEALTHY, DEGRADED, UNHEALTHY = HealthStatus.HEALTHY, HealthStatus.DEGRADED, HealthStatus.UNHEALTHY

Ask = Callable[[], Awaitable[Finding]]


class Check(BaseHealthCheck):
    """Asks a function, and counts how often."""

    def __init__(
        self,
        name: str,
        ask: Ask,
        *,
        critical: bool = False,
        timeout: float = 0.05,
        fresh_seconds: float = 0,
    ) -> None:
        super().__init__(
            name,
            critical=critical,
            suffers="Something rests.",
            works="Something works.",
            timeout_seconds=timeout,
            fresh_seconds=fresh_seconds,
        )
        self.ask = ask
        self.asked = 0

    async def _perform_check(self) -> Finding:
        self.asked += 1
        return await self.ask()


async def works() -> Finding:
    return WORKS


async def works_with_less() -> Finding:
    return degraded("It is slow.")


async def raises() -> Finding:
    raise ConnectionRefusedError(SECRET)


async def is_unavailable() -> Finding:
    raise DependencyUnavailable(ErrorCode.REDIS_UNAVAILABLE) from ConnectionError(SECRET)


async def hangs() -> Finding:
    await asyncio.Event().wait()
    return WORKS


def monitor_of(*checks: BaseHealthCheck, max_age: float = 0) -> HealthMonitor:
    return HealthMonitor(checks, NullSink(), max_age=max_age)


@pytest.mark.parametrize(
    ("away", "sentence"),
    [
        (raises, "Does not answer."),
        (is_unavailable, "Redis cannot be reached just now."),
        (hangs, "Does not answer in time."),
    ],
)
@pytest.mark.parametrize(("critical", "status"), [(True, UNHEALTHY), (False, DEGRADED)])
async def test_a_part_that_is_away(
    away: Ask, sentence: str, critical: bool, status: HealthStatus
) -> None:
    monitor = monitor_of(
        Check("database", works, critical=True), Check("other", away, critical=critical)
    )

    report = await monitor.report()

    assert report.status is status
    well, ill = report.results
    assert (well.name, well.status, well.message) == ("database", HEALTHY, "Works.")
    assert well.works == ""
    assert (ill.name, ill.critical, ill.status) == ("other", critical, UNHEALTHY)
    assert ill.message == f"{sentence} Something rests."
    assert ill.works == "Something works."
    assert ill.latency_ms >= 0
    assert report.failed() == ("other",)
    assert report.failed("database", "other") == ("other",)
    assert report.failed("database") == ()


async def test_a_part_that_works_with_less_is_no_reason_to_turn_requests_away() -> None:
    report = await monitor_of(Check("database", works_with_less, critical=True)).report()

    assert report.status is DEGRADED
    assert report.results[0].message == "It is slow."
    assert report.failed() == ()


async def test_all_well() -> None:
    assert (await monitor_of(Check("a", works), Check("b", works)).report()).status is HEALTHY
    assert (await monitor_of().report()).status is HEALTHY


async def test_all_parts_are_asked_at_once() -> None:
    monitor = monitor_of(*(Check(str(n), hangs, timeout=0.2) for n in range(20)))
    started = time.perf_counter()

    report = await monitor.report()

    assert time.perf_counter() - started < 1
    assert all(result.latency_ms >= 190 for result in report.results)


async def test_those_who_ask_at_the_same_time_share_one_answer() -> None:
    check = Check("a", works)
    monitor = monitor_of(check)

    reports = await asyncio.gather(*(monitor.report(60) for _ in range(20)))

    assert check.asked == 1
    assert {report.status for report in reports} == {HEALTHY}


async def test_an_answer_serves_for_as_long_as_it_may() -> None:
    check, slow = Check("a", works), Check("b", works, fresh_seconds=60)
    monitor = monitor_of(check, slow)

    await monitor.report(60)
    await monitor.report(60)
    await monitor.report(0)

    assert (check.asked, slow.asked) == (2, 1)


async def test_readiness_does_not_wait_for_what_is_not_critical() -> None:
    other = Check("other", hangs, timeout=30)
    monitor = monitor_of(Check("database", works, critical=True), other)
    whole = asyncio.create_task(monitor.report())
    while not other.asked:
        await asyncio.sleep(0)

    async with asyncio.timeout(5):
        report = await monitor.report(critical_only=True)

    assert [result.name for result in report.results] == ["database"]
    assert report.status is HEALTHY
    assert not whole.done()
    whole.cancel()
    await asyncio.gather(whole, return_exceptions=True)


async def test_work_that_cannot_be_stopped_is_not_begun_twice() -> None:
    """As with a thread that waits for a server: each question must not cost another one."""
    may_end = asyncio.Event()

    async def clings() -> Finding:
        while not may_end.is_set():
            try:
                await may_end.wait()
            except asyncio.CancelledError:
                continue
        return WORKS

    check = Check("storage", clings)
    monitor = monitor_of(check)
    for _ in range(3):
        assert (await monitor.report()).results[0].message.startswith("Does not answer in time.")
    assert check.asked == 1

    may_end.set()

    assert (await monitor.report()).results[0].status is HEALTHY
    assert check.asked == 2


async def test_a_status_has_a_beginning() -> None:
    check = Check("a", works)
    monitor = monitor_of(check)
    first = (await monitor.report()).results[0]
    assert first.since is not None
    assert (await monitor.report()).results[0].since == first.since

    check.ask = raises
    fallen = (await monitor.report()).results[0]
    assert fallen.since is not None
    assert fallen.since > first.since
    assert fallen.since.tzinfo is not None
    assert (await monitor.report()).results[0].since == fallen.since


async def test_a_fault_is_logged_once_and_by_its_kind_alone(
    capsys: pytest.CaptureFixture[str],
) -> None:
    monitor = monitor_of(Check("redis", raises))

    reports = [await monitor.report() for _ in range(3)]

    told = capsys.readouterr()
    assert SECRET not in told.out + told.err + repr(reports)
    assert (told.out + told.err).count("health.changed") == 1


async def test_two_parts_have_two_names() -> None:
    monitor = monitor_of(Check("mail", works))

    with pytest.raises(ConfigurationError, match="mail"):
        monitor.register_check(Check("mail", works))


async def test_the_state_as_plain_values() -> None:
    state = await monitor_of(Check("a", works), Check("b", raises)).get_comprehensive_state()

    assert state["status"] == "degraded"
    assert state["uptime_seconds"] >= 0
    assert state["components"]["a"]["status"] == "healthy"
    assert state["components"]["b"]["message"] == "Does not answer. Something rests."


class Alarmed:
    """Parts that somebody else watches."""

    def __init__(self, *checks: ComponentHealthCheck) -> None:
        self.sounding = list(checks)

    async def checks(self) -> Sequence[ComponentHealthCheck]:
        return self.sounding


def status_of(sink: PrometheusSink, component: str) -> str:
    name = f'health_component_status{{component="{component}"}} '
    lines = sink.render()[0].decode().splitlines()
    return next(line.removeprefix(name) for line in lines if line.startswith(name))


async def test_alarms_from_outside_come_and_go() -> None:
    mail = ComponentHealthCheck("datadog:mail")
    mail.set(degraded("Datadog reports trouble here."))
    alarmed, sink = Alarmed(), PrometheusSink()
    monitor = HealthMonitor([Check("a", works)], sink, alarms=alarmed, max_age=0)
    assert (await monitor.report()).status is HEALTHY

    alarmed.sounding.append(mail)
    report = await monitor.report()
    assert report.status is DEGRADED
    assert [result.name for result in report.results] == ["a", "datadog:mail"]
    assert report.results[1].message == "Datadog reports trouble here."
    measured = sink.render()[0].decode()
    assert "health_alarms_sounding 1.0" in measured
    assert "datadog" not in measured, "names from outside are no labels"

    alarmed.sounding.clear()
    assert [result.name for result in (await monitor.report()).results] == ["a"]
    assert "health_alarms_sounding 0.0" in sink.render()[0].decode()


async def test_what_is_measured() -> None:
    sink = PrometheusSink()
    checks = [Check("a", works), Check("b", works_with_less), Check("c", raises)]

    await HealthMonitor(checks, sink).report()

    assert [status_of(sink, name) for name in "abc"] == ["1.0", "0.5", "0.0"]
    assert 'health_check_duration_seconds_count{component="a"} 1.0' in sink.render()[0].decode()


async def test_watching_goes_on_in_the_background() -> None:
    asked = asyncio.Event()
    check = Check("a", works)

    async def asks() -> Finding:
        if check.asked == 3:
            asked.set()
        return WORKS

    check.ask = asks
    watching = asyncio.create_task(monitor_of(check).run(0.001))
    async with asyncio.timeout(10):
        await asked.wait()
    watching.cancel()
    await asyncio.gather(watching, return_exceptions=True)
