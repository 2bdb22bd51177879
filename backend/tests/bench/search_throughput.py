"""G11: searches per second of one core, eight at a time."""

from tests.bench.findings import Finding, ratio_of
from tests.bench.load import measure_load
from tests.bench.rounds import compare
from tests.bench.search_latency import search_targets
from tests.bench.workplace import Workplace

_CONNECTIONS = 8
_LEAST_RATE = 150


def measure(workplace: Workplace) -> list[Finding]:
    """Against the bare pieces under the same load, and against one connection."""
    with search_targets(workplace) as targets:

        def rate(connections: int) -> float:
            return measure_load(workplace, targets.ours, connections).rate

        def reference() -> float:
            return measure_load(workplace, targets.reference, _CONNECTIONS).rate

        many = compare(lambda: rate(_CONNECTIONS), reference, workplace.rounds)
        scaling = compare(lambda: rate(_CONNECTIONS), lambda: rate(1), workplace.rounds)
    return [
        Finding(
            "G11",
            f"searches, {_CONNECTIONS} connections",
            f"{many.ours:.0f}/s",
            f"{many.reference:.0f}/s",
            ratio_of(many),
            f"≥ 0.4 and ≥ {_LEAST_RATE}/s",
            many.ratio >= 0.4 and many.ours >= _LEAST_RATE,
        ),
        Finding(
            "G11",
            f"{_CONNECTIONS} connections against one",
            f"{scaling.ours:.0f}/s",
            f"{scaling.reference:.0f}/s",
            ratio_of(scaling),
            "≥ 1",
            scaling.ratio >= 1,
        ),
    ]
