"""G10: hybrid search among 100,000 chunks with the owner filter, one query at a time."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from shutil import copytree
from statistics import median
from urllib.parse import quote

from tests.assembly import embedded
from tests.bench.bare_server import bare_server
from tests.bench.filled import DOCUMENTS, filled, queries
from tests.bench.findings import Finding, ratio_of
from tests.bench.load import Load, Target, measure_load
from tests.bench.rounds import compare
from tests.bench.workplace import Workplace, pin

_MOST_MILLISECONDS = 12


@dataclass(frozen=True, slots=True)
class SearchTargets:
    """The product and the bare pieces over the same points, rows and queries."""

    ours: Target
    reference: Target


def measure(workplace: Workplace) -> list[Finding]:
    """The median against the bare pieces, and the tail against the median."""
    loads: list[Load] = []
    with search_targets(workplace) as targets:

        def ours() -> float:
            loads.append(measure_load(workplace, targets.ours, 1))
            return loads[-1].p50

        def reference() -> float:
            return measure_load(workplace, targets.reference, 1).p50

        latency = compare(ours, reference, workplace.rounds)
    tails = [load.p95 / load.p50 for load in loads[1:]]
    return [
        Finding(
            "G10",
            f"hybrid search, {DOCUMENTS:,} chunks, p50",
            f"{latency.ours:.2f} ms",
            f"{latency.reference:.2f} ms",
            ratio_of(latency),
            f"≤ 3 and ≤ {_MOST_MILLISECONDS} ms",
            latency.ratio <= 3 and latency.ours <= _MOST_MILLISECONDS,
            "12 shapes of query by turns, every one embedded anew",
        ),
        Finding(
            "G10",
            "the same, p95 against own p50",
            f"{median(load.p95 for load in loads[1:]):.2f} ms",
            f"{median(load.p50 for load in loads[1:]):.2f} ms",
            f"{median(tails):.2f} ({min(tails):.2f}-{max(tails):.2f})",
            "≤ 3",
            median(tails) <= 3,
        ),
    ]


@contextmanager
def search_targets(workplace: Workplace) -> Iterator[SearchTargets]:
    """Both servers on the server's core; the bare one has a copy of the shard."""
    folder = filled(workplace)
    asked = [quote(query) for query in queries(workplace.model_dir)]
    shard = next((folder / "data" / "vectors").glob("shard-*"))
    copy = workplace.folder / "bare-shard"
    if not copy.exists():
        copytree(shard, copy)
    bare = bare_server(
        workplace,
        "bare_searching",
        str(workplace.model_dir),
        str(copy),
        str(folder / "data" / "docuvault.db"),
    )
    with (
        embedded(workplace.model_dir, folder, DOCUVAULT_QUEUE__SWEEP_SECONDS="15") as running,
        bare as bare_url,
    ):
        pin(running.processes["serve"].pid, workplace.server_cores)
        yield SearchTargets(
            Target(running.base_url, [f"/api/search?q={query}" for query in asked]),
            Target(bare_url, [f"/search?q={query}" for query in asked]),
        )
