"""Bodies of the debug pages about Redis."""

from datetime import datetime

from docuvault.api.schemas.base import ResponseBody
from docuvault.domain.health import HealthStatus
from docuvault.health.redis_findings import LatencyClass


class TimingOut(ResponseBody):
    """How long one kind of operation took."""

    operation: str
    ok: bool
    latency_ms: float
    latency: LatencyClass


class WarnedOut(ResponseBody):
    """Something that deserves a look, and what to do about it."""

    warning: str
    advice: str


class PageOut(ResponseBody):
    """What all pages have."""

    status: HealthStatus
    message: str
    at: datetime


class ConnectivityOut(PageOut):
    """Whether Redis answers, and how fast."""

    address: str
    is_fake: bool
    ping: TimingOut | None


class PerformanceOut(PageOut):
    """Median latencies, and how many operations are done in a second one after another."""

    timings: list[TimingOut]
    operations_per_second: float | None


class ServerInfoOut(PageOut):
    """What the server tells of itself."""

    version: str | None
    uptime_seconds: int | None
    clients: int | None
    memory_bytes: int | None
    memory_limit_bytes: int | None
    hit_ratio: float | None
    evicted_keys: int | None
    warnings: list[WarnedOut]


class ConnectionPoolOut(PageOut):
    """The connections of this process."""

    largest: int
    in_use: int
    idle: int
    circuit_open: bool


class OperationalOut(PageOut):
    """What the vault does with Redis, step by step."""

    steps: list[TimingOut]
