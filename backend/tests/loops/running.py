"""Rounds on a running product: what is kept of a run, what is printed, and its report for CI."""

import argparse
import secrets
import shutil
import sys
import tempfile
import time
import traceback
import xml.etree.ElementTree as ET
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Generic, Protocol, TypeVar

from tests.assembly import Assembly
from tests.conftest import prepared_model
from tests.loops.ledger import Ledger
from tests.loops.leftovers import temporary_folder
from tests.loops.tables import save_tables


class Told(Protocol):
    """What a round reports."""

    violations: list[str]

    def line(self) -> str:
        """For the progress display."""
        ...


R = TypeVar("R", bound=Told)

# One round by its number, looking at all documents or at some, with the doctor or without.
Play = Callable[[int, bool, bool], R]
Prepare = Callable[[Assembly, Ledger], Play[R]]


@dataclass(slots=True)
class Result(Generic[R]):
    """How the rounds on one assembly went."""

    name: str
    round: int = 0
    seconds: float = 0.0
    documents: int = 0
    reports: list[R] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)

    def head(self) -> str:
        """Counts over all rounds."""
        return (
            f"{self.name}: {len(self.reports)} rounds in {self.seconds:.0f} s,"
            f" {self.documents} documents, {len(self.violations)} violations"
        )


def parser_of(command: str, description: str | None) -> argparse.ArgumentParser:
    """The options that all loops have."""
    parser = argparse.ArgumentParser(prog=command, description=description)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seed", default=secrets.token_hex(4), help="of an earlier run")
    parser.add_argument("--patience", type=float, default=120, help="seconds to get ready in")
    parser.add_argument("--junit", type=Path, help="write a report of one test case per assembly")
    return parser


@dataclass(frozen=True, slots=True)
class Loop(Generic[R]):
    """So many rounds on one assembly; `everything_every` and `doctor_every` count rounds."""

    name: str
    seed: str
    rounds: int
    start: Callable[..., AbstractContextManager[Assembly]]
    prepare: Prepare[R]
    everything_every: int
    doctor_every: int

    def run(self, **environment: str) -> Result[R]:
        """Play the rounds; the first violation ends the run, and its folder stays."""
        folder = Path(tempfile.mkdtemp(prefix=f"docuvault-loop-{self.name}-"))
        ledger = Ledger(folder / "ledger.jsonl")
        result = Result[R](self.name)
        started = time.monotonic()
        temporary_folder(folder).mkdir()
        try:
            with self.start(
                prepared_model(),
                folder,
                TMPDIR=str(temporary_folder(folder)),
                # Leftovers of uploads that died are cleared away within the run, not a day later.
                DOCUVAULT_UPLOADS__INTENT_HOURS=str(60 / 3600),
                **environment,
            ) as assembly:
                try:
                    self._play(self.prepare(assembly, ledger), result)
                finally:
                    # Also while an exception is on its way; the servers are gone after that.
                    if result.violations or sys.exc_info()[0] is not None:
                        save_tables(assembly)
        except Exception:
            result.violations.append(traceback.format_exc())
        result.seconds = time.monotonic() - started
        result.documents = len(ledger.acknowledged())
        if result.violations:
            print(f"VIOLATION on {self.name}, seed {self.seed}, round {result.round}; see {folder}")
            for violation in result.violations:
                print(f"  {violation}")
        else:
            shutil.rmtree(folder)
        return result

    def _play(self, play: Play[R], result: Result[R]) -> None:
        for number in range(1, self.rounds + 1):
            result.round = number
            is_last = number == self.rounds
            everything = is_last or number % self.everything_every == 0
            report = play(number, everything, is_last or number % self.doctor_every == 0)
            result.reports.append(report)
            print(f"{self.name} {number}/{self.rounds}: {report.line()}", flush=True)
            if report.violations:
                result.violations += report.violations
                return


def counted(counts: Counter[str]) -> str:
    """What was counted, the most frequent first."""
    return ", ".join(f"{count} {what}" for what, count in counts.most_common()) or "nothing"


def write_junit(path: Path, suite_name: str, results: Sequence[Result[R]]) -> None:
    """One test case per assembly."""
    failures = sum(bool(result.violations) for result in results)
    suite = ET.Element(
        "testsuite", name=suite_name, tests=str(len(results)), failures=str(failures)
    )
    for result in results:
        case = ET.SubElement(
            suite,
            "testcase",
            classname=suite_name.replace(" ", ""),
            name=result.name,
            time=f"{result.seconds:.1f}",
        )
        if result.violations:
            failure = ET.SubElement(case, "failure", message=result.violations[0].splitlines()[0])
            failure.text = "\n".join(result.violations)
    ET.ElementTree(suite).write(path, encoding="utf-8", xml_declaration=True)
