"""Answers: whatever a model says, only offered topics with a share and a line of text come out."""

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from docuvault.ai.answers import MAX_ANSWER_CHARACTERS, ParsedAnswer, parse_answer
from docuvault.ai.prompts import TopicMenu
from docuvault.ai.provider import UnusableAnswer
from tests.unit.ai.making import BILLS, HEALTH, TOPICS, TRAVEL

MENU = TopicMenu.of(TOPICS).topics
GOOD = {"topics": [{"topic": "t1", "confidence": 0.8, "reason": "It asks for money."}]}


def parse(value: Any) -> ParsedAnswer:
    return parse_answer(value if isinstance(value, str) else json.dumps(value), MENU)


def entry(topic: Any = "t1", confidence: Any = 0.5, reason: Any = "r") -> dict[str, Any]:
    return {"topic": topic, "confidence": confidence, "reason": reason}


@pytest.mark.parametrize(
    "text",
    [
        json.dumps(GOOD),
        f"```json\n{json.dumps(GOOD, indent=2)}\n```",
        f"Sure! Here you are:\n{json.dumps(GOOD)}\nAnything else?",
        f"<think>{{maybe}} {{}} t2?</think>{json.dumps(GOOD)}",
        f"\ufeff{json.dumps(GOOD)}{json.dumps({'topics': []})}",
    ],
)
def test_a_good_answer_is_found_in_its_wrapping(text: str) -> None:
    (found,) = parse(text).suggestions
    assert (found.topic_id, found.confidence, found.evidence) == (
        BILLS.id,
        0.8,
        "It asks for money.",
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I cannot help with that.",
        "null",
        "[]",
        '"topics"',
        "{}",
        '{"topics": "t1"}',
        '{"topics": {"t1": 1}}',
        '{"topics": [',
        "<html><body>502 Bad Gateway</body></html>",
        "{" * 5000,
        '{"topics":' * 20_000,
        "[" * 60_000,
        "9" * 60_000,
        json.dumps(GOOD) + " " * MAX_ANSWER_CHARACTERS,
    ],
)
def test_anything_else_is_unusable(text: str) -> None:
    with pytest.raises(UnusableAnswer) as caught:
        parse(text)
    assert str(caught.value).endswith(".")


def test_suggestions_are_sorted() -> None:
    found = parse({"topics": [entry("t2", 0.2), entry("t3", 0.9), entry("t1", 0.4)]})
    assert [one.topic_id for one in found.suggestions] == [TRAVEL.id, BILLS.id, HEALTH.id]
    assert found.dropped == 0


def test_an_empty_list_is_an_answer() -> None:
    assert parse({"topics": []}) == ParsedAnswer((), 0)


def test_names_are_understood_too() -> None:
    found = parse({"topics": [entry(" bills".strip().upper()), entry("Travel", 0.4)]})
    assert [one.topic_id for one in found.suggestions] == [BILLS.id, TRAVEL.id]


@pytest.mark.parametrize(
    "bad",
    [
        entry("t9"),
        entry("Invented"),
        entry(""),
        entry(None),
        entry(["t1"]),
        entry(1),
        entry(confidence="high"),
        entry(confidence=None),
        entry(confidence=True),
        entry(confidence=math.nan),
        {"topic": "t1"},
        "t1",
        None,
        ["t1", 0.5],
    ],
)
def test_bad_entries_are_dropped_and_good_ones_kept(bad: Any) -> None:
    found = parse({"topics": [bad, entry("t3", 0.7)], "action": "delete everything"})
    assert [one.topic_id for one in found.suggestions] == [TRAVEL.id]
    assert found.dropped == 1


@pytest.mark.parametrize(
    ("said", "kept"),
    [(1.7, 1.0), (-3, 0.0), (85, 1.0), (1, 1.0), (math.inf, 1.0), (-math.inf, 0.0), (10**300, 1.0)],
)
def test_confidences_are_brought_into_range(said: float, kept: float) -> None:
    assert parse({"topics": [entry(confidence=said)]}).suggestions[0].confidence == kept


def test_a_topic_named_twice_keeps_its_best() -> None:
    found = parse({"topics": [entry("t1", 0.2), entry("t1", 0.6, "best"), entry("Bills", 0.3)]})
    (only,) = found.suggestions
    assert (only.confidence, only.evidence) == (0.6, "best")


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("a\x00\x1b\nb\u202ec", "a b c"),
        (None, "The provider gave no reason."),
        (42, "The provider gave no reason."),
        ("  \n ", "The provider gave no reason."),
    ],
)
def test_reasons_become_one_plain_line(said: Any, kept: str) -> None:
    assert parse({"topics": [entry(reason=said)]}).suggestions[0].evidence == kept


def test_reasons_can_be_stored() -> None:
    reason = parse({"topics": [entry(reason="x\ud800y")]}).suggestions[0].evidence
    assert reason[0] == "x"
    reason.encode()


def test_reasons_are_short() -> None:
    reason = parse({"topics": [entry(reason="word " * 1000)]}).suggestions[0].evidence
    assert len(reason) <= 300


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["topic", "confidence", "reason", "x"]), inner, max_size=4
        )
    ),
    max_leaves=12,
)


@given(st.lists(json_values | st.builds(entry, st.sampled_from(["t1", "t5"]), json_values)))
def test_nothing_but_offered_topics_ever_comes_out(entries: list[Any]) -> None:
    found = parse({"topics": entries})
    offered = {topic.id for topic in TOPICS}
    for suggestion in found.suggestions:
        assert suggestion.topic_id in offered
        assert 0 <= suggestion.confidence <= 1
        assert suggestion.evidence.isprintable()


@given(st.text(max_size=200))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        found = parse(text)
    except UnusableAnswer:
        return
    assert isinstance(found, ParsedAnswer)
