"""What the doctor says of one invariant: what was seen, what is wrong, what could not be seen."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from docuvault.domain.errors import DependencyUnavailable
from docuvault.integrity.findings import PROMISES, Finding, FindingCode, Invariant

# Findings of one invariant that are told in full; the rest is counted.
_TOLD = 1000


class Cause(StrEnum):
    """Why something was not looked at."""

    LEFT_OUT = "left_out"
    UNAVAILABLE = "unavailable"
    UNEXPECTED = "unexpected"


@dataclass(frozen=True, slots=True)
class Gap:
    """Something that was not, or not all, looked at."""

    cause: Cause
    sentence: str


@dataclass(slots=True)
class Verdict:
    """What was seen of one invariant: how many subjects of each kind, and what is wrong.

    `findings` holds the first thousand, `count` counts all; `not_checked` says what was left out.
    """

    invariant: Invariant
    checked: dict[str, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    count: int = 0
    not_checked: list[Gap] = field(default_factory=list)

    @property
    def promise(self) -> str:
        """What must hold."""
        return PROMISES[self.invariant]

    def add(self, findings: Sequence[Finding]) -> None:
        """Count the findings, and keep them while there is room."""
        self.count += len(findings)
        self.findings += findings[: _TOLD - len(self.findings)]

    def leave_out(self, cause: Cause, sentence: str) -> None:
        """Say once that something was not looked at."""
        gap = Gap(cause, sentence)
        if gap not in self.not_checked:
            self.not_checked.append(gap)


def verdict_on_unreadable(error: DependencyUnavailable) -> Verdict:
    """The one verdict on a vault whose database is too damaged to be opened."""
    verdict = Verdict(Invariant.DATABASE)
    verdict.add(
        [Finding(verdict.invariant, FindingCode.DATABASE_DAMAGED, "database", error.detail)]
    )
    verdict.leave_out(Cause.UNAVAILABLE, "Without the database nothing else was checked.")
    return verdict
