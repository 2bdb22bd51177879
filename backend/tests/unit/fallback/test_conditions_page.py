"""The page on conditions says what the language does."""

import re
from pathlib import Path

import pytest

from docuvault.fallback.conditions.errors import ConditionError
from docuvault.fallback.conditions.lexer import MAX_CHARACTERS, MAX_DIGITS, MAX_TEXT, MAX_TOKENS
from docuvault.fallback.conditions.parser import MAX_DEPTH, parse_condition
from docuvault.fallback.conditions.profiles import ROUTING, TRIGGERS, VIEWS

PAGE = (Path(__file__).parents[4] / "docs" / "conditions.md").read_text()


def table(heading: str) -> list[list[str]]:
    """Rows of all tables below a heading, without their heads."""
    section = PAGE.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    rows = [line.strip("| ").split(" | ") for line in section.splitlines() if line[:1] == "|"]
    rules = [number for number, row in enumerate(rows) if set("".join(row)) <= set("-|")]
    return [
        row for number, row in enumerate(rows) if number not in rules and number + 1 not in rules
    ]


def names(text: str) -> set[str]:
    return set(re.findall(r"`(\w+)`", text))


def test_its_first_conditions_can_be_read() -> None:
    shown = PAGE.split("```")[1].strip().splitlines()

    assert len(shown) == 3
    for text in shown:
        assert parse_condition(text, ROUTING)


def test_its_fields_are_those_of_the_profiles() -> None:
    rows = {row[0]: row for row in table("Fields")}

    assert names(rows.pop("triggers (default)")[1]) == set(TRIGGERS.fields)
    rows.pop("routing")
    assert names(rows.pop("views")[1]) == set(VIEWS.fields) - set(ROUTING.fields)
    described = {name.strip("`"): row[1] for name, row in rows.items()}
    assert described == {
        name: kind.value for name, kind in ROUTING.fields.items() if name not in TRIGGERS.fields
    }


def test_its_limits_are_the_limits() -> None:
    limits = [row[1] for row in table("Limits")]

    assert limits == [
        str(MAX_TOKENS),
        f"{MAX_CHARACTERS:,}",
        str(MAX_DEPTH),
        str(MAX_TEXT),
        f"{MAX_DIGITS} each",
    ]


@pytest.mark.parametrize("row", table("Errors"), ids=lambda row: row[0])
def test_its_errors_are_the_errors(row: list[str]) -> None:
    text, sentence = row
    profile = ROUTING if text.startswith(("`mime", "`filename")) else TRIGGERS
    with pytest.raises(ConditionError) as caught:
        parse_condition(text.strip("`"), profile)

    assert caught.value.message == sentence


def test_its_pointer_is_drawn_as_shown() -> None:
    text, caret, sentence = PAGE.split("## Errors")[1].split("```")[1].strip("\n").splitlines()
    with pytest.raises(ConditionError) as caught:
        parse_condition(text, ROUTING)

    assert caught.value.pointer() == f"{text}\n{caret}"
    assert caught.value.detail == sentence
