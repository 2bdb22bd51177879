"""The ledger sees what it is there for: lost, doubled and altered documents."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.loops.ledger import (
    Entry,
    Kept,
    Ledger,
    Look,
    contradictions,
    faults,
    violations,
)

KEPT = [Kept("id-1", "aa", 10), Kept("id-2", "bb", 20)]
SEEN = Look("ready", "aa", {"words": ["id-1"], "exact": ["id-1"]})


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """Two acknowledged uploads, the second one at the second try."""
    ledger = Ledger(tmp_path / "ledger.jsonl")
    first = ledger.request(name="one.txt", sha256="aa", size=10, word="apple")
    ledger.answer(first, "aa", 201, "id-1")
    second = ledger.request(name="two.txt", sha256="bb", size=20, word="pear")
    ledger.broken(second, "bb", "ReadError")
    again = ledger.request(name="two.txt", sha256="bb", size=20, word="pear")
    ledger.answer(again, "bb", 200, "id-2")
    return ledger


def entry(ledger: Ledger) -> Entry:
    return ledger.entries["aa"]


def test_a_whole_vault_is_no_violation(ledger: Ledger) -> None:
    assert violations(ledger, KEPT, 2) == []
    assert faults(entry(ledger), SEEN) == []


def test_every_request_and_every_answer_has_its_line(ledger: Ledger) -> None:
    lines = [json.loads(line) for line in ledger.path.read_text().splitlines()]

    assert [(line["what"], line["sha256"]) for line in lines] == [
        ("request", "aa"),
        ("answer", "aa"),
        ("request", "bb"),
        ("broken", "bb"),
        ("request", "bb"),
        ("answer", "bb"),
    ]


def test_an_upload_without_an_answer_need_not_be_there(ledger: Ledger) -> None:
    ledger.broken(
        ledger.request(name="three.txt", sha256="cc", size=1, word="x"), "cc", "ReadError"
    )

    assert violations(ledger, KEPT, 2) == []


def test_a_lost_document_is_reported(ledger: Ledger) -> None:
    (found,) = violations(ledger, KEPT[:1], 1)

    assert "two.txt (id-2) is lost" in found
    (found,) = faults(entry(ledger), None)
    assert "one.txt (id-1) is lost" in found


def test_a_doubled_document_is_reported(ledger: Ledger) -> None:
    (found,) = violations(ledger, [*KEPT, replace(KEPT[0], id="id-3")], 3)

    assert found == "aa is kept 2 times"


@pytest.mark.parametrize(("status", "document_id"), [(201, "id-1"), (200, "id-3")])
def test_answers_that_contradict_each_other_are_reported(
    ledger: Ledger, status: int, document_id: str
) -> None:
    number = ledger.request(name="one.txt", sha256="aa", size=10, word="apple")
    ledger.answer(number, "aa", status, document_id)

    assert violations(ledger, KEPT, 2)


def test_a_refusal_is_reported(ledger: Ledger) -> None:
    number = ledger.request(name="one.txt", sha256="aa", size=10, word="apple")
    ledger.answer(number, "aa", 500, None)

    assert violations(ledger, KEPT, 2) == ["one.txt was answered with [500]"]


def test_an_upload_that_was_only_refused_is_reported(ledger: Ledger) -> None:
    number = ledger.request(name="three.txt", sha256="cc", size=1, word="x")
    ledger.answer(number, "cc", 503, None)

    assert contradictions(ledger.entries.values()) == ["three.txt was answered with [503]"]


@pytest.mark.parametrize(
    ("look", "said"),
    [
        (replace(SEEN, file_sha256="ff"), "is altered"),
        (replace(SEEN, file_sha256=None), "cannot be downloaded"),
        (replace(SEEN, status="failed"), "is failed"),
        (replace(SEEN, found={"words": [], "exact": ["id-1"]}), "search by words"),
        (replace(SEEN, found={"words": ["id-1"], "exact": ["id-1", "id-3"]}), "search by exact"),
    ],
)
def test_a_document_that_is_not_whole_is_reported(ledger: Ledger, look: Look, said: str) -> None:
    (found,) = faults(entry(ledger), look)

    assert said in found


def test_other_contents_of_the_list_are_reported(ledger: Ledger) -> None:
    for kept, total in (
        ([replace(KEPT[0], size=9), KEPT[1]], 2),
        ([replace(KEPT[0], id="id-9"), KEPT[1]], 2),
        ([*KEPT, Kept("id-3", "never sent", 1)], 3),
        (KEPT, 3),
    ):
        assert len(violations(ledger, kept, total)) == 1
