"""The table that people read."""

from tests.bench.findings import Finding, ratio_of, table
from tests.bench.rounds import Comparison


def finding(*, met: bool, note: str = "") -> Finding:
    return Finding("G1", "an upload", "2 ms", "1 ms", "2.00", "≤ 4x", met, note)


def test_a_line_per_finding_below_a_head_of_as_many_columns() -> None:
    head, rule, first, second = table([finding(met=True), finding(met=False)]).splitlines()

    assert first == "| G1 | an upload | 2 ms | 1 ms | 2.00 | ≤ 4x | yes |"
    assert second.endswith("| **no** |")
    assert head.count("|") == rule.count("|") == first.count("|")


def test_a_note_stands_beside_what_was_measured() -> None:
    assert "| an upload (300 files) |" in table([finding(met=True, note="300 files")])


def test_a_ratio_has_its_span() -> None:
    compared = Comparison(ours=2, reference=1, ratio=2, least=1.5, most=2.25, rounds=7)

    assert ratio_of(compared) == "2.00 (1.50-2.25)"
