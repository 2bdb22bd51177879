"""What the Redis pages say: latency classes, figures of the server, and warnings with advice."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from docuvault.domain.health import HealthStatus

MANY_CLIENTS = 100
LOW_HIT_RATIO = 0.8
# Below so many look-ups a ratio says nothing.
_FEW_LOOKUPS = 100


class LatencyClass(StrEnum):
    """How long an answer takes, in words."""

    EXCELLENT = "excellent"
    GOOD = "good"
    ACCEPTABLE = "acceptable"
    POOR = "poor"
    CRITICAL = "critical"


_LIMITS = (
    (10.0, LatencyClass.EXCELLENT),
    (50.0, LatencyClass.GOOD),
    (100.0, LatencyClass.ACCEPTABLE),
    (500.0, LatencyClass.POOR),
)


def latency_class(milliseconds: float) -> LatencyClass:
    """The class of a latency."""
    return next((name for limit, name in _LIMITS if milliseconds < limit), LatencyClass.CRITICAL)


def latency_status(worst: LatencyClass) -> HealthStatus:
    """Slow answers work with less."""
    slow = worst in {LatencyClass.POOR, LatencyClass.CRITICAL}
    return HealthStatus.DEGRADED if slow else HealthStatus.HEALTHY


@dataclass(frozen=True, slots=True)
class Warned:
    """Something that deserves a look, and what to do about it."""

    warning: str
    advice: str


@dataclass(frozen=True, slots=True)
class Timing:
    """How long one kind of operation took, in milliseconds."""

    operation: str
    ok: bool
    latency_ms: float
    latency: LatencyClass


@dataclass(frozen=True, slots=True)
class Page:
    """What all pages have; `message` is a sentence for people."""

    status: HealthStatus
    message: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Connectivity(Page):
    """Whether Redis answers, and how fast."""

    address: str
    is_fake: bool
    ping: Timing | None


@dataclass(frozen=True, slots=True)
class Performance(Page):
    """Latencies of single operations, and how many are done in a second one after another."""

    timings: list[Timing]
    operations_per_second: float | None


@dataclass(frozen=True, slots=True)
class ServerInfo(Page):
    """What the server tells of itself; None where it tells nothing."""

    version: str | None
    uptime_seconds: int | None
    clients: int | None
    memory_bytes: int | None
    memory_limit_bytes: int | None
    hit_ratio: float | None
    evicted_keys: int | None
    warnings: list[Warned]


@dataclass(frozen=True, slots=True)
class ConnectionPool(Page):
    """The connections of this process."""

    largest: int
    in_use: int
    idle: int
    circuit_open: bool


@dataclass(frozen=True, slots=True)
class Operational(Page):
    """Whether what the vault does with Redis works, step by step."""

    steps: list[Timing]


def hit_ratio(info: Mapping[str, Any]) -> float | None:
    """The share of look-ups that found something; None when there were hardly any."""
    hits, misses = info.get("keyspace_hits", 0), info.get("keyspace_misses", 0)
    return round(hits / (hits + misses), 3) if hits + misses >= _FEW_LOOKUPS else None


def warnings_of(info: Mapping[str, Any]) -> list[Warned]:
    """What in the server's own figures deserves a look."""
    found = []
    if info.get("connected_clients", 0) > MANY_CLIENTS:
        found.append(
            Warned(
                f"More than {MANY_CLIENTS} clients are connected.",
                "Look with CLIENT LIST who they are; lower DOCUVAULT_REDIS__MAX_CONNECTIONS or run"
                " fewer processes if they are ours.",
            )
        )
    ratio = hit_ratio(info)
    if ratio is not None and ratio < LOW_HIT_RATIO:
        found.append(
            Warned(
                f"Only {ratio:.0%} of all look-ups find something.",
                "Usual just after a start. Later it means that entries expire or are evicted before"
                " they are used: give Redis more memory or the cache a longer life.",
            )
        )
    if info.get("evicted_keys", 0) > 0:
        found.append(
            Warned(
                "Redis has thrown entries away for want of memory.",
                "Raise maxmemory, and set maxmemory-policy to noeviction: hints of the queue must"
                " not be evicted.",
            )
        )
    return found
