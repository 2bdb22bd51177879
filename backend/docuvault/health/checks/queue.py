"""How much work waits, and for how long."""

from docuvault.domain.errors import DependencyUnavailable
from docuvault.health.backlog import BacklogReader
from docuvault.health.base import WORKS, BaseHealthCheck, Finding, degraded
from docuvault.health.wording import duration, steps_waiting
from docuvault.observability.metrics.base import MetricsSink


class QueueHealthCheck(BaseHealthCheck):
    """Work that waits for longer than `backlog_seconds` is more than the workers can do."""

    def __init__(
        self,
        backlog: BacklogReader,
        metrics: MetricsSink,
        *,
        backlog_seconds: float,
        timeout_seconds: float,
    ) -> None:
        super().__init__(
            "queue",
            works="Uploads, downloads and search of what has been read work.",
            timeout_seconds=timeout_seconds,
        )
        self._backlog = backlog
        self._metrics = metrics
        self._longest = backlog_seconds

    async def _perform_check(self) -> Finding:
        try:
            backlog = await self._backlog.read()
        except DependencyUnavailable:
            return degraded("Cannot be told while the database does not answer.")
        self._metrics.emit("queue_waiting", backlog.waiting)
        self._metrics.emit("queue_oldest_seconds", backlog.oldest_seconds)
        if backlog.oldest_seconds > self._longest:
            since = duration(backlog.oldest_seconds)
            return degraded(
                f"{steps_waiting(backlog.waiting)}, the oldest for {since}:"
                " new documents are read and found later than usual."
            )
        return WORKS
