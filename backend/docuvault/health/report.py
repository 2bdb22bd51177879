"""How all parts are, taken together."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypedDict

from docuvault.domain.health import HealthCheckResult, HealthStatus


@dataclass(frozen=True, slots=True)
class HealthReport:
    """Unhealthy when a critical part does not work, degraded when anything else is not well."""

    status: HealthStatus
    results: tuple[HealthCheckResult, ...]

    def failed(self, *names: str) -> tuple[str, ...]:
        """Which of these parts (of all, when none is named) do not work at all."""
        return tuple(
            result.name
            for result in self.results
            if result.status is HealthStatus.UNHEALTHY and (not names or result.name in names)
        )


class ComponentState(TypedDict):
    """One part in a `HealthState`."""

    status: str
    message: str
    critical: bool
    latency_ms: float


class HealthState(TypedDict):
    """A report as plain values; `uptime_seconds` is that of this process."""

    status: str
    uptime_seconds: float
    components: dict[str, ComponentState]


def summarise(results: Sequence[HealthCheckResult]) -> HealthReport:
    """The report on these results."""
    ill = [result for result in results if result.status is not HealthStatus.HEALTHY]
    if any(result.critical and result.status is HealthStatus.UNHEALTHY for result in ill):
        status = HealthStatus.UNHEALTHY
    else:
        status = HealthStatus.DEGRADED if ill else HealthStatus.HEALTHY
    return HealthReport(status, tuple(results))
