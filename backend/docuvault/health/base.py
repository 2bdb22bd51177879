"""What a check is: it asks one part, within its time, and says in plain words what it found."""

import asyncio
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Protocol

import structlog

from docuvault.domain.errors import DependencyUnavailable
from docuvault.domain.health import HealthCheckResult, HealthStatus

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Finding:
    """How a part is; `message` is a sentence for people, without exception text or address."""

    status: HealthStatus
    message: str


WORKS = Finding(HealthStatus.HEALTHY, "Works.")
SILENT = Finding(HealthStatus.UNHEALTHY, "Does not answer.")


def degraded(message: str) -> Finding:
    """The part works with less."""
    return Finding(HealthStatus.DEGRADED, message)


def unhealthy(message: str) -> Finding:
    """The part does not work."""
    return Finding(HealthStatus.UNHEALTHY, message)


class HealthCheck(Protocol):
    """One part that is watched.

    `critical` says that requests cannot be served without it, `suffers` in plain words what does
    not work while it is away. An answer serves for `fresh_seconds`, however often it is asked for.
    """

    @property
    def name(self) -> str:
        """The name of the part; one check each."""
        ...

    @property
    def critical(self) -> bool:
        """Whether requests cannot be served without it."""
        ...

    @property
    def suffers(self) -> str:
        """What does not work while it is away."""
        ...

    @property
    def fresh_seconds(self) -> float:
        """How long an answer serves."""
        ...

    async def check(self) -> HealthCheckResult:
        """Ask now; never raises and never takes longer than its time."""
        ...


class BaseHealthCheck(ABC):
    """A check that counts an error or a late answer as no.

    `suffers` is added to what is found when the part does not work; what is found of a part that
    works with less says itself what that means. `works` says what still does in either case.
    Work that does not end in time is told to stop, and no other is begun before it has: a hung
    part costs one connection or thread, not one per question.
    """

    def __init__(
        self,
        name: str,
        *,
        critical: bool = False,
        suffers: str = "",
        works: str = "",
        timeout_seconds: float = 5.0,
        fresh_seconds: float = 0.0,
    ) -> None:
        self.name = name
        self.critical = critical
        self.suffers = suffers
        self.works = works
        self.fresh_seconds = fresh_seconds
        self._timeout = timeout_seconds
        self._late: asyncio.Task[Finding] | None = None

    async def check(self) -> HealthCheckResult:
        """Ask now."""
        started = time.perf_counter()
        finding = await self._find()
        latency = (time.perf_counter() - started) * 1000
        is_well = finding.status is HealthStatus.HEALTHY
        is_away = finding.status is HealthStatus.UNHEALTHY
        return HealthCheckResult(
            name=self.name,
            status=finding.status,
            message=f"{finding.message} {self.suffers}".rstrip() if is_away else finding.message,
            critical=self.critical,
            latency_ms=round(latency, 2),
            works="" if is_well else self.works,
        )

    @abstractmethod
    async def _perform_check(self) -> Finding:
        """Ask the part; an exception means that it does not work."""

    async def _find(self) -> Finding:
        deadline = time.monotonic() + self._timeout
        if self._late is not None:
            await asyncio.wait({self._late}, timeout=self._timeout)
            if not self._late.done():
                return Finding(HealthStatus.UNHEALTHY, "Does not answer in time.")
        asking = asyncio.create_task(self._perform_check(), name=f"health-{self.name}")
        self._late = asking
        try:
            await asyncio.wait({asking}, timeout=max(deadline - time.monotonic(), 0.01))
        finally:
            if asking.done():
                self._late = None
            else:
                asking.cancel()
                asking.add_done_callback(_forget_error)
        return self._found(asking)

    def _found(self, asking: "asyncio.Task[Finding]") -> Finding:
        if not asking.done() or asking.cancelled():
            return Finding(HealthStatus.UNHEALTHY, "Does not answer in time.")
        error = asking.exception()
        if error is None:
            return asking.result()
        log.debug("health.check_failed", component=self.name, error=type(error).__name__)
        # Sentences of our own catalogue are made to be shown; what others say is not.
        return unhealthy(error.detail) if isinstance(error, DependencyUnavailable) else SILENT


def _forget_error(asking: "asyncio.Task[Finding]") -> None:
    """Nobody waits for a late answer, nor for what went wrong with it."""
    if not asking.cancelled():
        asking.exception()
