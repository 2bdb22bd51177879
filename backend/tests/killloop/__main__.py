"""Kills processes of the running product over and over, and looks whether anything is lost.

`make kill-loop ROUNDS=n SEED=s ASSEMBLY=embedded|services|both`. Every round is drawn from the
seed, so a seed repeats the same uploads, victims and moments; what they hit depends on the machine.
Ends with 0 when no round found a violation; otherwise with 1, and the folder with ledger, logs and
data stays.
"""

import argparse
import secrets
import shutil
import sys
import tempfile
import time
import traceback
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean

from tests.assembly import Assembly, embedded, services
from tests.conftest import prepared_model
from tests.killloop.ledger import Ledger
from tests.killloop.leftovers import temporary_folder
from tests.killloop.round import Report, Rounds
from tests.killloop.tables import save_tables
from tests.vault import Vault

_STARTS: dict[str, Callable[..., AbstractContextManager[Assembly]]] = {
    "embedded": embedded,
    "services": services,
}
_EVERYTHING_EVERY = 25
# The embedded vault has to be stopped for the doctor, which takes longer than all the rest.
_DOCTOR_EVERY = {"embedded": 5, "services": 1}
_TOPICS = {
    "Transport": "Railways, harbours, journeys and everything that travels.",
    "Money": "Invoices, budgets, contracts and the ledger.",
}


@dataclass(slots=True)
class Result:
    """How the rounds on one assembly went."""

    assembly: str
    round: int = 0
    seconds: float = 0.0
    documents: int = 0
    reports: list[Report] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)

    def summary(self) -> str:
        """Counts over all rounds."""
        victims = Counter(report.victim for report in self.reports)
        cut_off: Counter[str] = sum((report.cut_off for report in self.reports), Counter())
        recoveries = [report.recovery for report in self.reports] or [0.0]
        return (
            f"{self.assembly}: {len(self.reports)} rounds in {self.seconds:.0f} s,"
            f" {self.documents} documents, {len(self.violations)} violations\n"
            f"  killed: {_counted(victims)}\n"
            f"  cut off and done again: {_counted(cut_off)}\n"
            f"  ready after the kill: {mean(recoveries):.1f} s on average,"
            f" {max(recoveries):.1f} s at most"
        )


def main() -> int:
    """Run the rounds, print what happened."""
    options = _options()
    seed = options.seed or secrets.token_hex(4)
    names = ("embedded", "services") if options.assembly == "both" else (options.assembly,)
    print(f"kill loop: {options.rounds} rounds, seed {seed}", flush=True)
    results = [_run(name, seed, options.rounds, options.patience) for name in names]
    for result in results:
        print(result.summary())
    if options.junit is not None:
        _write_junit(options.junit, results)
    return 1 if any(result.violations for result in results) else 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make kill-loop", description=__doc__)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seed", help="of an earlier run; a new one otherwise")
    parser.add_argument("--assembly", choices=[*_STARTS, "both"], default="both")
    parser.add_argument("--patience", type=float, default=120, help="seconds to get ready in")
    parser.add_argument("--junit", type=Path, help="write a report of one test case per assembly")
    return parser.parse_args()


def _run(name: str, seed: str, rounds: int, patience: float) -> Result:
    folder = Path(tempfile.mkdtemp(prefix=f"docuvault-kill-loop-{name}-"))
    ledger = Ledger(folder / "ledger.jsonl")
    result = Result(name)
    started = time.monotonic()
    temporary_folder(folder).mkdir()
    try:
        with _STARTS[name](
            prepared_model(),
            folder,
            TMPDIR=str(temporary_folder(folder)),
            # Leftovers of uploads that died are cleared away within the run, not a day later.
            DOCUVAULT_UPLOADS__INTENT_HOURS=str(60 / 3600),
        ) as assembly:
            try:
                _loop(assembly, Rounds(assembly, ledger, seed, patience), rounds, result)
            finally:
                # Also while an exception is on its way; the servers are gone after that.
                if result.violations or sys.exc_info()[0] is not None:
                    save_tables(assembly)
    except Exception:
        result.violations.append(traceback.format_exc())
    result.seconds = time.monotonic() - started
    result.documents = len(ledger.acknowledged())
    if result.violations:
        print(f"VIOLATION on {name}, seed {seed}, round {result.round}; see {folder}")
        for violation in result.violations:
            print(f"  {violation}")
    else:
        shutil.rmtree(folder)
    return result


def _loop(assembly: Assembly, rounds: Rounds, count: int, result: Result) -> None:
    with Vault(assembly.base_url) as vault:
        for name, description in _TOPICS.items():
            vault.topic(name, description)
    rounds.warm_up()
    for number in range(1, count + 1):
        result.round = number
        everything = number == count or number % _EVERYTHING_EVERY == 0
        doctor = number == count or number % _DOCTOR_EVERY[assembly.name] == 0
        report = rounds.run(number, everything=everything, doctor=doctor)
        result.reports.append(report)
        print(f"{assembly.name} {number}/{count}: {report.line()}", flush=True)
        if report.violations:
            result.violations += report.violations
            return


def _counted(counts: Counter[str]) -> str:
    return ", ".join(f"{count} {what}" for what, count in counts.most_common()) or "nothing"


def _write_junit(path: Path, results: list[Result]) -> None:
    failures = sum(bool(result.violations) for result in results)
    suite = ET.Element(
        "testsuite", name="kill loop", tests=str(len(results)), failures=str(failures)
    )
    for result in results:
        case = ET.SubElement(
            suite,
            "testcase",
            classname="killloop",
            name=result.assembly,
            time=f"{result.seconds:.1f}",
        )
        if result.violations:
            failure = ET.SubElement(case, "failure", message=result.violations[0].splitlines()[0])
            failure.text = "\n".join(result.violations)
    ET.ElementTree(suite).write(path, encoding="utf-8", xml_declaration=True)


if __name__ == "__main__":
    sys.exit(main())
