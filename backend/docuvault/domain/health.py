"""How a part is doing, in three words."""

from dataclasses import dataclass
from enum import StrEnum


class HealthStatus(StrEnum):
    """Healthy works, degraded works with less, unhealthy does not work."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    UNHEALTHY = "unhealthy"


@dataclass(frozen=True, slots=True)
class HealthCheckResult:
    """What one check found; `message` never holds an exception text or an address."""

    name: str
    status: HealthStatus
    message: str
    critical: bool
    latency_ms: float
