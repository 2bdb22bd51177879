"""Picks the sink that the settings ask for."""

from docuvault.config.operations import MetricsSettings
from docuvault.observability.metrics.base import MetricsSink
from docuvault.observability.metrics.log import LogSink
from docuvault.observability.metrics.null import NullSink


def create_sink(settings: MetricsSettings) -> MetricsSink:
    """A sink of its own for one process."""
    if settings.sink == "prometheus":
        # Its library is loaded where it is used, as with every driver.
        from docuvault.observability.metrics.prometheus import PrometheusSink

        return PrometheusSink()
    return LogSink() if settings.sink == "log" else NullSink()
