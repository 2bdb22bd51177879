"""What a benchmark reports, and the table that people read."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from tests.bench.rounds import Comparison


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the table.

    `goal` is the number in the list of goals, `ours` and `reference` are figures with their units,
    `ratio` and `target` say what was reached and what was wanted in words of the goal; `met` is
    None where nothing was wanted.
    """

    goal: str
    what: str
    ours: str
    reference: str
    ratio: str
    target: str
    met: bool | None
    note: str = ""


def ratio_of(comparison: Comparison) -> str:
    """The median ratio and the span of its rounds; says when the machine was unsteady."""
    span = f"{comparison.ratio:.2f} ({comparison.least:.2f}-{comparison.most:.2f})"
    return f"{span}, unsteady" if comparison.unsteady else span


def not_measured(goal: str, error: Exception) -> Finding:
    """What stands in the table for a goal, or the rest of it, whose measurement failed.

    Only sentences of our own are told: what others say may name paths of this machine.
    """
    own = isinstance(error, RuntimeError) and str(error)
    reason = str(error).splitlines()[0].replace("|", "/") if own else type(error).__name__
    return Finding(goal, f"not measured: {reason}", "–", "–", "–", "–", None)


def row(one: Finding) -> str:
    """A line of the table."""
    what = f"{one.what} ({one.note})" if one.note else one.what
    met = {True: "yes", False: "**no**", None: "–"}[one.met]
    return (
        f"| {one.goal} | {what} | {one.ours} | {one.reference} | {one.ratio} | {one.target} "
        f"| {met} |"
    )


def table(rows: Iterable[str]) -> str:
    """A Markdown table of these lines."""
    head = "| goal | what | ours | reference, same run | ratio | wanted | met |\n"
    return head + "|--|--|--|--|--|--|--|\n" + "\n".join(rows) + "\n"


def rows_by_goal(report: str) -> dict[str, list[str]]:
    """The lines of a table that `table` made, by what stands in their first column."""
    found: dict[str, list[str]] = {}
    for line in report.splitlines():
        if match := re.match(r"\| (G\d+) \|", line):
            found.setdefault(match[1], []).append(line)
    return found
