"""How a part is doing, in three words."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class HealthStatus(StrEnum):
    """Healthy works, degraded works with less, unhealthy does not work."""

    HEALTHY = "healthy"
    DEGRADED = "degraded"
    UNHEALTHY = "unhealthy"


@dataclass(frozen=True, slots=True)
class HealthCheckResult:
    """What one check found.

    `message` says what is wrong and what does not work, `works` what still does; neither ever
    holds an exception text or an address. `since` is when the present status began, as far as
    this process knows.
    """

    name: str
    status: HealthStatus
    message: str
    critical: bool
    latency_ms: float
    works: str = ""
    since: datetime | None = None
