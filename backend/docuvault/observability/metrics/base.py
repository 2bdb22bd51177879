"""The port of measurements: gauges, counters and histograms with a few short tags."""

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

Tags = Mapping[str, str]


class MetricsSink(Protocol):
    """Takes measurements and never fails, waits or raises.

    Names are Prometheus names with their unit (`infra_redis_connection_duration_seconds`). A name
    keeps its kind and its set of tags for ever. Tags have few values: a route but no path, an
    error's class but no message; nothing secret, nothing of a document.
    """

    def emit(
        self,
        name: str,
        value: float,
        tags: Tags | None = None,
        timestamp: datetime | None = None,
    ) -> None:
        """What something is now (a gauge); `timestamp` when it was measured earlier."""
        ...

    def emit_counter(self, name: str, value: float = 1, tags: Tags | None = None) -> None:
        """So many more; names of counters end in `_total`."""
        ...

    def emit_histogram(self, name: str, value: float, tags: Tags | None = None) -> None:
        """One of many values whose distribution matters, such as a duration in seconds."""
        ...

    def render(self) -> tuple[bytes, str] | None:
        """All measurements for a scraper and their media type; None where nothing is kept."""
        ...
