"""What a benchmark reports, and the table that people read."""

from collections.abc import Iterable
from dataclasses import dataclass

from tests.bench.rounds import Comparison


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the table.

    `goal` is the number in the list of goals, `ours` and `reference` are figures with their units,
    `ratio` and `target` say what was reached and what was wanted in words of the goal.
    """

    goal: str
    what: str
    ours: str
    reference: str
    ratio: str
    target: str
    met: bool
    note: str = ""


def ratio_of(comparison: Comparison) -> str:
    """The median ratio and the span of its rounds."""
    return f"{comparison.ratio:.2f} ({comparison.least:.2f}-{comparison.most:.2f})"


def table(findings: Iterable[Finding]) -> str:
    """A Markdown table, a line per finding."""
    head = "| goal | what | ours | reference, same run | ratio | wanted | met |\n"
    rows = [
        f"| {one.goal} | {one.what}{f' ({one.note})' if one.note else ''} | {one.ours} "
        f"| {one.reference} | {one.ratio} | {one.target} | {'yes' if one.met else '**no**'} |"
        for one in findings
    ]
    return head + "|--|--|--|--|--|--|--|\n" + "\n".join(rows) + "\n"
