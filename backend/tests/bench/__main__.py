"""Measures the product against the bare pieces it is made of. Run from `backend`:

    python -m tests.bench [G1 G9 ...] [--rounds N] [--write]

Each goal is a module of this package whose `measure(workplace)` gives findings. `--write` puts the
table into docs/performance.md, where it stands between two marks; lines of goals that were not
measured stay as they are.
"""

import argparse
import importlib
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from tests.bench.facts import machine, pieces
from tests.bench.findings import Finding, not_measured, row, rows_by_goal, table
from tests.bench.workplace import ROUNDS, Workplace
from tests.conftest import prepared_model
from tests.performance_page import PAGE, between_marks, write_between_marks

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
    if unknown := set(options.goals) - set(GOALS):
        parser.error(f"no such goal: {', '.join(sorted(unknown))}")
    measured: dict[str, list[Finding]] = {}
    failed: dict[str, Finding] = {}
    with tempfile.TemporaryDirectory(prefix="docuvault-bench-") as folder:
        workplace = Workplace(Path(folder), prepared_model(), options.rounds)
        for goal in options.goals or GOALS:
            started = time.monotonic()
            measured[goal] = []
            try:
                for finding in _findings(goal, workplace):
                    measured[goal].append(finding)
                    print(row(finding), file=sys.stderr, flush=True)
            except Exception as error:
                # The others took long and are worth their lines all the same.
                traceback.print_exc()
                failed[goal] = not_measured(goal, error)
            print(f"{goal}: {time.monotonic() - started:.0f} s", file=sys.stderr, flush=True)
    print(report(measured, failed, {}))
    if options.write:
        before = rows_by_goal(between_marks("bench"))
        write_between_marks("bench", report(measured, failed, before))
    return 1 if failed else 0


def report(
    measured: Mapping[str, Sequence[Finding]],
    failed: Mapping[str, Finding],
    before: Mapping[str, Sequence[str]],
) -> str:
    """The table in the order of the goals, with lines of `before` for goals without a finding."""
    rows: list[str] = []
    older: list[str] = []
    for goal in GOALS:
        if not measured.get(goal) and goal in before:
            older.append(goal)
            rows += before[goal]
            continue
        rows += [row(finding) for finding in measured.get(goal, ())]
        if goal in failed:
            rows.append(row(failed[goal]))
    day = datetime.now(UTC).date().isoformat()
    said = f"Measured on {day}: {machine()}; {pieces()}."
    if older:
        said += f" From earlier runs: {', '.join(older)}."
    return f"{said}\n\n{table(rows)}"


def _findings(goal: str, workplace: Workplace) -> Iterator[Finding]:
    yield from importlib.import_module(f"tests.bench.{GOALS[goal]}").measure(workplace)


if __name__ == "__main__":
    sys.exit(main())
