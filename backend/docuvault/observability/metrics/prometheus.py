"""The sink that a Prometheus server scrapes."""

import threading
from datetime import datetime
from typing import TypeVar

import structlog
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)

from docuvault.observability.metrics.base import Tags

log = structlog.get_logger(__name__)

M = TypeVar("M", Counter, Gauge, Histogram)
_Metric = Counter | Gauge | Histogram

# From a cached answer to a hung provider, in seconds.
_BUCKETS = (0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 90)


class PrometheusSink:
    """Keeps everything in a registry of its own, so that two in one process do not mix."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._metrics: dict[str, _Metric] = {}
        self._making = threading.Lock()

    def emit(
        self,
        name: str,
        value: float,
        tags: Tags | None = None,
        timestamp: datetime | None = None,
    ) -> None:
        """Set a gauge; a scrape has its own moment, so `timestamp` is left out."""
        metric = self._find(name, Gauge, tags)
        if isinstance(metric, Gauge):
            _labelled(metric, tags).set(value)

    def emit_counter(self, name: str, value: float = 1, tags: Tags | None = None) -> None:
        """Add to a counter."""
        metric = self._find(name, Counter, tags)
        if isinstance(metric, Counter):
            _labelled(metric, tags).inc(value)

    def emit_histogram(self, name: str, value: float, tags: Tags | None = None) -> None:
        """Put a value into its bucket."""
        metric = self._find(name, Histogram, tags)
        if isinstance(metric, Histogram):
            _labelled(metric, tags).observe(value)

    def render(self) -> tuple[bytes, str]:
        """The text that Prometheus reads."""
        return generate_latest(self._registry), CONTENT_TYPE_LATEST

    def _find(self, name: str, kind: type[_Metric], tags: Tags | None) -> _Metric | None:
        """The metric of that name; None, and a line in the log, when it is of another kind."""
        labels = tuple(sorted(tags or ()))
        with self._making:
            metric = self._metrics.get(name)
            if metric is None:
                metric = _make(kind, name, labels, self._registry)
                self._metrics[name] = metric
        if type(metric) is not kind or tuple(sorted(metric._labelnames)) != labels:
            log.warning("metrics.refused", metric=name, kind=kind.__name__)
            return None
        return metric


def _make(
    kind: type[_Metric], name: str, labels: tuple[str, ...], registry: CollectorRegistry
) -> _Metric:
    about = name.replace("_", " ")
    if issubclass(kind, Histogram):
        return kind(name, about, labels, registry=registry, buckets=_BUCKETS)
    return kind(name, about, labels, registry=registry)


def _labelled(metric: M, tags: Tags | None) -> M:
    return metric.labels(**tags) if tags else metric
