"""Latency classes and warnings of the Redis pages."""

import pytest

from docuvault.domain.health import HealthStatus
from docuvault.health.redis_findings import (
    LatencyClass,
    hit_ratio,
    latency_class,
    latency_status,
    warnings_of,
)


@pytest.mark.parametrize(
    ("milliseconds", "expected"),
    [
        (0, LatencyClass.EXCELLENT),
        (9.9, LatencyClass.EXCELLENT),
        (10, LatencyClass.GOOD),
        (50, LatencyClass.ACCEPTABLE),
        (100, LatencyClass.POOR),
        (499, LatencyClass.POOR),
        (500, LatencyClass.CRITICAL),
    ],
)
def test_latencies_have_classes(milliseconds: float, expected: LatencyClass) -> None:
    assert latency_class(milliseconds) is expected


def test_slow_answers_are_degraded() -> None:
    states = {name: latency_status(name) for name in LatencyClass}
    assert [name for name, state in states.items() if state is HealthStatus.DEGRADED] == [
        LatencyClass.POOR,
        LatencyClass.CRITICAL,
    ]


def test_what_deserves_a_look_comes_with_advice() -> None:
    well = {"connected_clients": 100, "keyspace_hits": 80, "keyspace_misses": 20, "evicted_keys": 0}
    assert warnings_of(well) == []
    assert warnings_of({}) == []
    ill = {"connected_clients": 101, "keyspace_hits": 79, "keyspace_misses": 21, "evicted_keys": 1}
    found = warnings_of(ill)
    assert len(found) == 3
    assert all(one.advice for one in found)
    assert "79%" in found[1].warning


def test_a_few_look_ups_make_no_ratio() -> None:
    assert hit_ratio({"keyspace_hits": 1, "keyspace_misses": 50}) is None
    assert hit_ratio({"keyspace_hits": 90, "keyspace_misses": 10}) == 0.9
