"""Asks every part how it is, all at once, and remembers the answers for a moment."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Protocol

import structlog

from docuvault.domain.errors import ConfigurationError
from docuvault.domain.health import HealthCheckResult, HealthStatus
from docuvault.health.base import HealthCheck
from docuvault.health.report import ComponentState, HealthReport, HealthState, summarise
from docuvault.observability.metrics.base import MetricsSink
from docuvault.observability.metrics.null import NullSink

log = structlog.get_logger(__name__)

_VALUES = {HealthStatus.HEALTHY: 1.0, HealthStatus.DEGRADED: 0.5, HealthStatus.UNHEALTHY: 0.0}


class Alarms(Protocol):
    """Parts that others watch; which ones there are changes while the vault runs."""

    async def checks(self) -> Sequence[HealthCheck]:
        """One check for each part that somebody has sounded an alarm for; never raises."""
        ...


class HealthMonitor:
    """Reports and decides nothing.

    However many ask at the same time, each part is asked once, and its answer serves for
    `max_age` seconds. A part that hangs holds up nobody who did not ask for it.
    """

    def __init__(
        self,
        checks: Sequence[HealthCheck],
        metrics: MetricsSink,
        *,
        alarms: Alarms | None = None,
        max_age: float = 1.0,
    ) -> None:
        self._metrics = metrics
        self._alarms = alarms
        self._max_age = max_age
        self._started_at = time.monotonic()
        # Names of alarms come from outside, so they are no labels of measurements.
        self._unmeasured = NullSink()
        self._watched: dict[str, _Watched] = {}
        self._alarmed: dict[str, _Watched] = {}
        for check in checks:
            self.register_check(check)

    @property
    def uptime_seconds(self) -> float:
        """How long this process has been watching."""
        return time.monotonic() - self._started_at

    def register_check(self, check: HealthCheck) -> None:
        """Watch one part more; raises `ConfigurationError` when its name is taken."""
        if check.name in self._watched:
            raise ConfigurationError(f"Two parts to watch have the same name, {check.name}.")
        self._watched[check.name] = _Watched(check, self._metrics)

    async def report(
        self, max_age: float | None = None, *, critical_only: bool = False
    ) -> HealthReport:
        """How the parts are, no longer ago than `max_age` seconds."""
        age = self._max_age if max_age is None else max_age
        asked = [
            watched.result(age)
            for watched in self._watched.values()
            if watched.check.critical or not critical_only
        ]
        if not critical_only:
            # What others say is at hand, so it need not be remembered here.
            asked += [watched.result(0) for watched in await self._sounding()]
        return summarise(await asyncio.gather(*asked))

    async def get_comprehensive_state(self) -> HealthState:
        """The report as plain values."""
        report = await self.report()
        return HealthState(
            status=report.status.value,
            uptime_seconds=round(self.uptime_seconds, 1),
            components={
                result.name: ComponentState(
                    status=result.status.value,
                    message=result.message,
                    critical=result.critical,
                    latency_ms=result.latency_ms,
                )
                for result in report.results
            },
        )

    async def run(self, interval: float) -> None:
        """Ask all parts every `interval` seconds until cancelled, for metrics and the log."""
        while True:
            await self.report()
            await asyncio.sleep(interval)

    async def _sounding(self) -> "list[_Watched]":
        """The parts that others have sounded an alarm for; those that were lifted are well."""
        if self._alarms is None:
            return []
        checks = {check.name: check for check in await self._alarms.checks()}
        for name in self._alarmed.keys() - checks.keys():
            self._alarmed.pop(name).lift()
        for name, check in checks.items():
            if name not in self._alarmed and name not in self._watched:
                self._alarmed[name] = _Watched(check, self._unmeasured)
        self._metrics.emit("health_alarms_sounding", len(self._alarmed))
        return list(self._alarmed.values())


class _Watched:
    """One part with its last answer."""

    def __init__(self, check: HealthCheck, metrics: MetricsSink) -> None:
        self.check = check
        self._metrics = metrics
        self._asking = asyncio.Lock()
        self._asked_at = -float("inf")
        self._last: HealthCheckResult | None = None

    async def result(self, max_age: float) -> HealthCheckResult:
        """The last answer, or a new one when that is too old."""
        async with self._asking:
            age = time.monotonic() - self._asked_at
            if self._last is None or age >= max(max_age, self.check.fresh_seconds):
                self._last = self._dated(await self.check.check())
                self._asked_at = time.monotonic()
                self._measure(self._last)
            return self._last

    def lift(self) -> None:
        """Nobody watches this part any more."""
        log.info("health.alarm_lifted", component=self.check.name)

    def _dated(self, result: HealthCheckResult) -> HealthCheckResult:
        last = self._last
        if last is not None and last.status is result.status:
            return replace(result, since=last.since)
        if last is not None or result.status is not HealthStatus.HEALTHY:
            tell = log.info if result.status is HealthStatus.HEALTHY else log.warning
            tell(
                "health.changed",
                component=result.name,
                status=result.status.value,
                message=result.message,
            )
        return replace(result, since=datetime.now(UTC))

    def _measure(self, result: HealthCheckResult) -> None:
        self._metrics.emit(
            "health_component_status", _VALUES[result.status], {"component": result.name}
        )
        self._metrics.emit_histogram(
            "health_check_duration_seconds", result.latency_ms / 1000, {"component": result.name}
        )
