"""The sink that writes each measurement as a debug line."""

from datetime import datetime

import structlog

from docuvault.observability.metrics.base import Tags

log = structlog.get_logger(__name__)


class LogSink:
    """For looking at measurements while developing, without a server that scrapes them."""

    def emit(
        self,
        name: str,
        value: float,
        tags: Tags | None = None,
        timestamp: datetime | None = None,
    ) -> None:
        """A line with what something is now."""
        measured_at = {"measured_at": timestamp.isoformat()} if timestamp is not None else {}
        _tell("gauge", name, value, tags, **measured_at)

    def emit_counter(self, name: str, value: float = 1, tags: Tags | None = None) -> None:
        """A line with how many more."""
        _tell("counter", name, value, tags)

    def emit_histogram(self, name: str, value: float, tags: Tags | None = None) -> None:
        """A line with the one value."""
        _tell("histogram", name, value, tags)

    def render(self) -> None:
        """Nothing is kept."""


def _tell(kind: str, name: str, value: float, tags: Tags | None, **more: str) -> None:
    log.debug(
        "metrics.measured", kind=kind, metric=name, value=value, tags=dict(tags or {}), **more
    )
