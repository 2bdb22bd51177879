"""How attempts to reach a base service are measured, under the same names for every service."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from docuvault.observability.metrics.base import MetricsSink

Service = Literal["redis", "qdrant", "database", "object_storage"]
Mode = Literal["async", "sync"]


@dataclass(slots=True)
class Attempt:
    """How an attempt that raised nothing ended; `fake` where an imitation took the place."""

    outcome: Literal["real", "fake"] = "real"


@contextmanager
def observe_connection(
    metrics: MetricsSink, service: Service, mode: Mode, context: str
) -> Iterator[Attempt]:
    """Count and time one attempt to reach a service, whichever way it ends.

    `context` says for whom. An attempt that is cancelled tells nothing and is not counted.
    """
    attempt = Attempt()
    tags = {"mode": mode, "context": context}
    started = time.perf_counter()
    try:
        yield attempt
    except Exception as error:
        _measure(metrics, service, started, {**tags, "outcome": "error"})
        metrics.emit_counter(
            f"infra_{service}_connection_errors_total", tags={**tags, "error": error_name(error)}
        )
        raise
    _measure(metrics, service, started, {**tags, "outcome": attempt.outcome})


def error_name(error: BaseException) -> str:
    """The class of the error that was behind this one; never its text."""
    return type(error.__cause__ or error).__name__


def _measure(metrics: MetricsSink, service: str, started: float, tags: dict[str, str]) -> None:
    metrics.emit_counter(f"infra_{service}_connection_attempts_total", tags=tags)
    metrics.emit_histogram(
        f"infra_{service}_connection_duration_seconds", time.perf_counter() - started, tags
    )
