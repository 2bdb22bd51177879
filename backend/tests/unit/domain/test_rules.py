"""Patterns of titles: what they may name, and what they make."""

import pytest

from docuvault.domain.rules import MAX_TITLE, TitleField, filled_title, title_fault

VALUES = {
    TitleField.TITLE: "scan 0042",
    TitleField.FILENAME: "scan_0042.pdf",
    TitleField.TOPIC: "Taxes",
    TitleField.DATE: "2026-11-21",
}


@pytest.mark.parametrize(
    ("pattern", "title"),
    [
        ("{topic} {date}", "Taxes 2026-11-21"),
        ("Invoice", "Invoice"),
        ("{title}{title}", "scan 0042scan 0042"),
        ("  {topic}\n ({filename})  ", "Taxes (scan_0042.pdf)"),
        ("%s $title \\{0x", "%s $title \\{0x"),
    ],
)
def test_a_pattern_makes_a_title(pattern: str, title: str) -> None:
    assert filled_title(pattern, VALUES) == title


def test_what_has_no_value_leaves_nothing() -> None:
    assert filled_title("{topic} {date}", {TitleField.DATE: "2026-11-21"}) == "2026-11-21"
    assert filled_title(" {topic} ", {}) == ""


def test_a_value_is_no_pattern() -> None:
    assert filled_title("{title}", {TitleField.TITLE: "{date}"}) == "{date}"


def test_a_title_is_cut_to_what_is_kept() -> None:
    made = filled_title("{title} {title}", {TitleField.TITLE: "x" * 254})
    assert made == "x" * 254
    assert len(filled_title("{title}", {TitleField.TITLE: "y" * 999})) == MAX_TITLE


@pytest.mark.parametrize("pattern", ["", "plain", "{title}", "{topic}-{date}: {filename}"])
def test_patterns_that_can_be_used(pattern: str) -> None:
    assert title_fault(pattern) is None


@pytest.mark.parametrize(
    ("pattern", "fault"),
    [
        ("{titel}", "There is no {titel}; there are {title}, {filename}, {topic}, {date}."),
        ("{Title}", "There is no {Title}"),
        ("{}", "There is no {}"),
        ("{title.__class__}", "There is no {title.__class__}"),
        ("{title!r}", "There is no {title!r}"),
        ("{title:>9}", "There is no {title:>9}"),
        ("{title", "Curly brackets stand only around a name"),
        ("title}", "Curly brackets stand only around a name"),
        ("{{title}}", "Curly brackets stand only around a name"),
    ],
)
def test_patterns_that_cannot(pattern: str, fault: str) -> None:
    found = title_fault(pattern)
    assert found is not None
    assert found.startswith(fault)
