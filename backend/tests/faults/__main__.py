"""`make faults`: every row of docs/faults.md with what its tests say, then rounds of the drill.

python -m tests.faults [--rounds 20] [--seed 7]
"""

import argparse
import random
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections.abc import Mapping
from pathlib import Path

from tests.conftest import prepared_model
from tests.faults.drill import run_round
from tests.faults.lab import open_lab
from tests.faults.page import ROOT, Row, rows

_WORDS = {"failure": "FAILED", "error": "FAILED", "skipped": "skipped"}


def main() -> int:
    """Exit code 0 when every test passed and no round found anything."""
    parser = argparse.ArgumentParser(prog="tests.faults", description=__doc__)
    parser.add_argument("--rounds", type=int, default=0)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    options = parser.parse_args()
    known = rows()
    with tempfile.TemporaryDirectory(prefix="faults-") as folder:
        code = _print_rows(known, Path(folder))
        if options.rounds:
            code = _drill(options.rounds, options.seed, Path(folder)) or code
    return code


def _print_rows(known: list[Row], folder: Path) -> int:
    files = sorted({f"backend/tests/{file}" for row in known for file, _ in row.python})
    names = sorted({name for row in known for _, name in row.python})
    report = folder / "report.xml"
    code = subprocess.run(
        [
            *(sys.executable, "-m", "pytest", "-q", "-n", "0", "--no-header"),
            *(f"--junitxml={report}", "-k", " or ".join(names), *files),
        ],
        cwd=ROOT,
        check=False,
    ).returncode
    seen = _results(report)
    print("\n| row | fault | seen |\n|--|--|--|")
    for row in known:
        print(f"| {row.number} | {row.fault} | {_verdict(row, seen)} |")
    return code


def _results(report: Path) -> Mapping[str, str]:
    """By file and name of a test the worst of its results."""
    worst: dict[str, str] = {}
    order = ("passed", "skipped", "FAILED")
    for case in ET.parse(report).getroot().iter("testcase"):
        file = case.get("classname", "").removeprefix("backend.tests.").replace(".", "/") + ".py"
        key = f"{file}::{case.get('name', '').partition('[')[0]}"
        word = next((_WORDS[child.tag] for child in case if child.tag in _WORDS), "passed")
        worst[key] = max(worst.get(key, "passed"), word, key=order.index)
    return worst


def _verdict(row: Row, seen: Mapping[str, str]) -> str:
    told = [seen.get(f"{file}::{name}", "not run") for file, name in row.python]
    told += ["by `make check`"] * len(row.web)
    return ", ".join(f"{told.count(word)} {word}" for word in dict.fromkeys(told)) or "not here"


def _drill(rounds: int, seed: int, folder: Path) -> int:
    print(f"\n{rounds} rounds, seed {seed}")
    rng = random.Random(seed)
    with open_lab(prepared_model(), folder) as lab:
        for number in range(1, rounds + 1):
            try:
                print(f"{number}: {run_round(lab, rng, f'round-{number}', folder)}", flush=True)
            except AssertionError as finding:
                print(f"{number}: {finding}\nAgain with SEED={seed}. The log of the API:")
                print(lab.log()[-4000:])
                return 1
    print("nothing lost, nothing doubled")
    return 0


if __name__ == "__main__":
    sys.exit(main())
