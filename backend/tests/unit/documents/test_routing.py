"""What rules say of a document: its fields, the order of rules, and the last word of people."""

from dataclasses import replace
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from docuvault.db.repositories.routing import RoutedDocument, RoutedTopic
from docuvault.documents.routing import (
    Outcome,
    Rule,
    context_of,
    original_title,
    outcome_of,
    routing_condition,
)
from docuvault.domain.documents import TitleSource, TopicSource
from docuvault.domain.rules import RuleActions
from docuvault.fallback.conditions.evaluation import evaluate
from docuvault.fallback.conditions.profiles import ROUTING

MOMENT = datetime(2026, 11, 21, 23, 59, tzinfo=UTC)
TAXES, HOME, WORK = uuid4(), uuid4(), uuid4()
NAMES = {TAXES: "Taxes", HOME: "Home", WORK: "Work"}
DOCUMENT = RoutedDocument(
    id=uuid4(),
    title="Invoice 7",
    title_source=TitleSource.NAME,
    original_name="Invoice_7.PDF",
    media_type="application/pdf",
    size_bytes=1234,
    page_count=2,
    character_count=600,
    details={"metadata": {"language": "de-AT", "author": "A"}, "warnings": []},
    needs_review=False,
    reviewed_at=None,
    created_at=MOMENT,
    topics=(),
)


def on(
    topic_id: UUID, source: TopicSource = TopicSource.LOCAL, confidence: float = 0.6
) -> RoutedTopic:
    return RoutedTopic(topic_id, NAMES[topic_id], source, confidence, rejected=False)


def rule(condition: str, name: str = "a rule", **actions: object) -> Rule:
    return Rule(name, routing_condition(condition), RuleActions(**actions))  # type: ignore[arg-type]


def say(document: RoutedDocument, *rules: Rule) -> Outcome | None:
    return outcome_of(rules, document, NAMES)


ALWAYS = "size_bytes >= 0"


# --- fields ---------------------------------------------------------------------------------------


def test_every_field_of_a_document_has_its_value() -> None:
    document = replace(DOCUMENT, topics=(on(TAXES, confidence=0.9), on(HOME)))

    assert context_of(document) == {
        "filename": "Invoice_7.PDF",
        "extension": "pdf",
        "title": "Invoice 7",
        "mime": "application/pdf",
        "family": "pdf",
        "language": "de",
        "topic": ["Taxes", "Home"],
        "confidence": 0.9,
        "size_bytes": 1234,
        "page_count": 2,
        "character_count": 600,
    }
    assert set(context_of(document)) <= set(ROUTING.fields)


@pytest.mark.parametrize(
    "condition",
    [
        'extension != ""',
        'language != ""',
        'topic != "x"',
        "confidence >= 0",
        "page_count >= 0",
        "character_count >= 0",
        "severity >= 0",
    ],
)
def test_what_is_not_known_is_absent(condition: str) -> None:
    bare = replace(
        DOCUMENT, original_name="README", page_count=None, character_count=None, details={}
    )

    assert not evaluate(routing_condition(condition), context_of(bare))
    assert evaluate(routing_condition(f"not {condition}"), context_of(bare))


def test_what_rules_did_is_not_seen_again() -> None:
    document = replace(
        DOCUMENT,
        title="Made by a rule",
        title_source=TitleSource.RULE,
        topics=(on(TAXES, TopicSource.RULE, 1.0),),
    )

    assert original_title(document) == "Invoice 7"
    assert context_of(document)["title"] == "Invoice 7"
    assert context_of(document)["topic"] == []
    assert context_of(document)["confidence"] is None


def test_topics_that_were_taken_off_are_not_seen() -> None:
    document = replace(DOCUMENT, topics=(replace(on(TAXES, TopicSource.USER, 1.0), rejected=True),))

    assert context_of(document)["topic"] == []
    assert context_of(document)["confidence"] is None


# --- rules ----------------------------------------------------------------------------------------


def test_the_rule_of_the_assignment() -> None:
    document = replace(DOCUMENT, topics=(on(HOME, confidence=0.81),))
    condition = 'mime == "application/pdf" and confidence > 0.8 and filename contains "invoice"'
    wanted = rule(
        condition, "Bills", topic_ids=(TAXES,), title="{topic} {date} {title}", needs_review=True
    )

    outcome = say(document, wanted)

    assert outcome is not None
    assert [(topic.id, topic.rule) for topic in outcome.topics] == [(TAXES, "Bills")]
    assert outcome.title == "Taxes 2026-11-21 Invoice 7"
    assert outcome.needs_review
    assert say(replace(document, topics=(on(HOME, confidence=0.8),)), wanted) is None
    assert say(replace(document, media_type="text/plain"), wanted) is None


def test_the_last_title_counts_and_all_topics_do() -> None:
    outcome = say(
        DOCUMENT,
        rule(ALWAYS, "first", title="One", topic_ids=(TAXES, HOME)),
        rule("size_bytes < 0", "never", title="None", topic_ids=(WORK,), needs_review=True),
        rule(ALWAYS, "second", title="Two: {title}", topic_ids=(HOME, WORK)),
    )

    assert outcome is not None
    assert outcome.title == "Two: Invoice 7"
    assert [(topic.id, topic.rule) for topic in outcome.topics] == [
        (TAXES, "first"),
        (HOME, "first"),
        (WORK, "second"),
    ]
    assert not outcome.needs_review


def test_no_rule_sees_what_another_one_did() -> None:
    outcome = say(
        DOCUMENT,
        rule(ALWAYS, title="Renamed", topic_ids=(TAXES,)),
        rule('title == "Renamed" or topic == "Taxes"', needs_review=True),
    )

    assert outcome is not None
    assert not outcome.needs_review


def test_what_people_said_stays() -> None:
    refused = replace(on(TAXES, TopicSource.USER, 1.0), rejected=True)
    document = replace(
        DOCUMENT,
        title_source=TitleSource.USER,
        reviewed_at=MOMENT,
        topics=(on(HOME, TopicSource.USER, 1.0), refused),
    )

    outcome = say(
        document, rule(ALWAYS, topic_ids=(TAXES, HOME), title="{topic}", needs_review=True)
    )

    assert outcome == Outcome((), None, needs_review=False)


def test_a_title_names_no_topic_that_was_taken_off() -> None:
    refused = replace(on(TAXES, TopicSource.USER, 1.0), rejected=True)
    document = replace(DOCUMENT, topics=(refused, on(HOME)))

    outcome = say(document, rule(ALWAYS, topic_ids=(TAXES,), title="{topic}!"))

    assert outcome is not None
    assert outcome.title == "Home!"


def test_a_topic_that_is_gone_is_left_out() -> None:
    outcome = say(DOCUMENT, rule(ALWAYS, topic_ids=(uuid4(), TAXES), title="{topic}"))

    assert outcome is not None
    assert [topic.id for topic in outcome.topics] == [TAXES]
    assert outcome.title == "Taxes"


def test_a_title_of_nothing_leaves_the_one_before() -> None:
    rules = rule(ALWAYS, title="Kept"), rule(ALWAYS, title="{topic}")
    outcome = say(DOCUMENT, *rules)

    assert outcome is not None
    assert outcome.title == "Kept"


def test_asking_again_comes_to_the_same_end() -> None:
    wanted = rule('title startswith "Invoice"', topic_ids=(TAXES,), title="Bill: {title}")
    first = say(DOCUMENT, wanted)
    after = replace(
        DOCUMENT,
        title="Bill: Invoice 7",
        title_source=TitleSource.RULE,
        topics=(on(TAXES, TopicSource.RULE, 1.0),),
    )

    assert first is not None
    assert first.title == after.title
    assert say(after, wanted) == first
