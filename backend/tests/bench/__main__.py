"""Measures the product against the bare pieces it is made of. Run from `backend`:

    python -m tests.bench [G1 G9 ...] [--rounds N] [--write]

Each goal is a module of this package with `measure(workplace) -> list[Finding]`. `--write` puts
the table into docs/performance.md, where it stands between two marks.
"""

import argparse
import importlib
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from tests.bench.facts import machine, pieces
from tests.bench.findings import Finding, table
from tests.bench.rounds import ROUNDS
from tests.bench.workplace import Workplace
from tests.conftest import prepared_model
from tests.performance_page import PAGE, write_between_marks

GOALS = {
    "G1": "upload_ack",
    "G2": "upload_throughput",
    "G3": "ingest",
    "G4": "searchable",
    "G9": "embedding",
    "G10": "search_latency",
    "G11": "search_throughput",
    "G16": "listing",
    "G18": "memory",
    "G19": "start",
    "G24": "install",
}


def main() -> int:
    """Measure what was asked for and print the table; 1 when a measurement itself failed."""
    parser = argparse.ArgumentParser(prog="bench", description=__doc__)
    parser.add_argument("goals", nargs="*", metavar="GOAL", help=", ".join(GOALS))
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--write", action="store_true", help=f"write the table to {PAGE.name}")
    options = parser.parse_args()
    findings: list[Finding] = []
    with tempfile.TemporaryDirectory(prefix="docuvault-bench-") as folder:
        workplace = Workplace(Path(folder), prepared_model(), options.rounds)
        for goal in options.goals or GOALS:
            started = time.monotonic()
            module = importlib.import_module(f"tests.bench.{GOALS[goal]}")
            found: list[Finding] = module.measure(workplace)
            findings += found
            print(f"{goal}: {time.monotonic() - started:.0f} s", file=sys.stderr)
    day = datetime.now(UTC).date().isoformat()
    report = f"Measured on {day}: {machine()}; {pieces()}.\n\n{table(findings)}"
    print(report)
    if options.write:
        write_between_marks("bench", report)
    return 0


if __name__ == "__main__":
    sys.exit(main())
