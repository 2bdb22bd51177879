"""The page about faults names tests that exist, and a row without a test says why."""

import pytest

from tests.faults.page import PAGE, Row, missing, rows


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.number)
def test_a_row_names_tests_that_exist(row: Row) -> None:
    assert missing(row) == []


def test_rows_are_numbered_without_gaps() -> None:
    numbers = [row.number for row in rows()]
    for letter in dict.fromkeys(number[0] for number in numbers):
        own = [int(number[1:]) for number in numbers if number[0] == letter]
        assert own == list(range(1, len(own) + 1)), letter


def test_a_row_without_a_test_says_why() -> None:
    for line in PAGE.read_text().splitlines():
        if rows(line) and not (rows(line)[0].python or rows(line)[0].web):
            assert "not here:" in line, line


def test_a_test_that_is_gone_is_noticed() -> None:
    text = "| F1 | a fault | so | thus | `faults/test_page.py::test_of_old` |"
    assert missing(rows(text)[0]) == ["faults/test_page.py::test_of_old"]
