"""The table that people read."""

import pytest

from tests.bench.__main__ import report
from tests.bench.findings import Finding, not_measured, ratio_of, row, rows_by_goal, table
from tests.bench.rounds import Comparison


def finding(*, met: bool | None, note: str = "", goal: str = "G1") -> Finding:
    return Finding(goal, "an upload", "2 ms", "1 ms", "2.00", "≤ 4x", met, note)


def test_a_line_per_finding_below_a_head_of_as_many_columns() -> None:
    rows = [row(finding(met=met)) for met in (True, False, None)]

    head, rule, first, second, third = table(rows).splitlines()

    assert first == "| G1 | an upload | 2 ms | 1 ms | 2.00 | ≤ 4x | yes |"
    assert second.endswith("| **no** |")
    assert third.endswith("| – |")
    assert head.count("|") == rule.count("|") == first.count("|")


def test_a_note_stands_beside_what_was_measured() -> None:
    assert "| an upload (300 files) |" in row(finding(met=True, note="300 files"))


def test_a_ratio_has_its_span() -> None:
    compared = Comparison(ours=2, reference=1, ratio=2, least=1.5, most=2.25, rounds=7)

    assert ratio_of(compared) == "2.00 (1.50-2.25)"


def test_a_comparison_on_an_unsteady_machine_says_so() -> None:
    compared = Comparison(2, 1, ratio=2, least=1.5, most=2.25, rounds=7, unsteady=True)

    assert ratio_of(compared) == "2.00 (1.50-2.25), unsteady"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (RuntimeError("No index.\n/home/somebody/log"), "not measured: No index. |"),
        (ValueError("/home/somebody/file"), "not measured: ValueError |"),
        (RuntimeError(), "not measured: RuntimeError |"),
    ],
)
def test_a_failure_has_a_line_that_tells_nothing_of_the_machine(
    error: Exception, said: str
) -> None:
    line = row(not_measured("G24", error))

    assert line.startswith("| G24 | ")
    assert said in line
    assert "somebody" not in line


def test_lines_of_goals_without_a_finding_stay() -> None:
    written = report({goal: [finding(met=True, goal=goal)] for goal in ("G2", "G9", "G24")}, {}, {})
    failure = not_measured("G24", RuntimeError("No index."))
    now = {"G9": [finding(met=False, goal="G9")], "G24": []}

    merged = report(now, {"G24": failure}, rows_by_goal(written))

    lines = rows_by_goal(merged)
    assert [*lines] == ["G2", "G9", "G24"]
    assert [line.endswith("| yes |") for (line,) in lines.values()] == [True, False, True]
    assert "From earlier runs: G2, G24." in merged


def test_what_failed_for_the_first_time_or_in_part_is_said() -> None:
    failure = not_measured("G1", RuntimeError("It ended."))

    assert len(rows_by_goal(report({"G1": []}, {"G1": failure}, {}))["G1"]) == 1
    partly = report({"G1": [finding(met=True)]}, {"G1": failure}, {"G1": ["| G1 | old |"]})
    assert "not measured: It ended." in partly
    assert "old" not in partly
