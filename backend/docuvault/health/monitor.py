"""Asks every part how it is, all at once, none for longer than its time."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import structlog

from docuvault.domain.health import HealthCheckResult, HealthStatus

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class HealthCheck:
    """One part: its name, whether requests can be served without it, and how to ask.

    `ask` returns whether the part works; an exception counts as no, and is logged, never shown.
    `suffers` says in plain words what does not work while it is away.
    """

    name: str
    critical: bool
    ask: Callable[[], Awaitable[bool]]
    suffers: str
    timeout_seconds: float = 5.0


@dataclass(frozen=True, slots=True)
class HealthReport:
    """How all parts are; unhealthy when a critical one is away, degraded when another is."""

    status: HealthStatus
    results: tuple[HealthCheckResult, ...]


class HealthMonitor:
    """Reports and decides nothing."""

    def __init__(self, checks: Sequence[HealthCheck]) -> None:
        self._checks = tuple(checks)

    async def report(self) -> HealthReport:
        """Ask all parts now."""
        results = tuple(await asyncio.gather(*(_ask(check) for check in self._checks)))
        away = [result for result in results if result.status is not HealthStatus.HEALTHY]
        if any(result.critical for result in away):
            status = HealthStatus.UNHEALTHY
        else:
            status = HealthStatus.DEGRADED if away else HealthStatus.HEALTHY
        return HealthReport(status, results)


async def _ask(check: HealthCheck) -> HealthCheckResult:
    started = time.perf_counter()
    try:
        async with asyncio.timeout(check.timeout_seconds):
            works = await check.ask()
    except Exception as error:
        log.warning("health.check_failed", check=check.name, reason=type(error).__name__)
        works = False
    latency = (time.perf_counter() - started) * 1000
    return HealthCheckResult(
        name=check.name,
        status=HealthStatus.HEALTHY if works else HealthStatus.UNHEALTHY,
        message="Works." if works else f"Does not answer: {check.suffers}",
        critical=check.critical,
        latency_ms=round(latency, 2),
    )
