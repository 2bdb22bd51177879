"""The sink that forgets."""

from datetime import datetime

from docuvault.observability.metrics.base import Tags


class NullSink:
    """For tests, and for who measures nothing."""

    def emit(
        self,
        name: str,
        value: float,
        tags: Tags | None = None,
        timestamp: datetime | None = None,
    ) -> None:
        """Nothing."""

    def emit_counter(self, name: str, value: float = 1, tags: Tags | None = None) -> None:
        """Nothing."""

    def emit_histogram(self, name: str, value: float, tags: Tags | None = None) -> None:
        """Nothing."""

    def render(self) -> None:
        """Nothing is kept."""
