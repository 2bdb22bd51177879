"""What routing rules say of a document; nothing is written here."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from uuid import UUID

from docuvault.db.repositories.routing import RoutedDocument, RoutedTopic
from docuvault.db.repositories.stages import StageDocument
from docuvault.documents.names import extension_of, title_from
from docuvault.domain.documents import TitleSource, TopicSource
from docuvault.domain.media_types import family_of
from docuvault.domain.rules import RuleActions, TitleField, filled_title
from docuvault.fallback.conditions.evaluation import Value, evaluate
from docuvault.fallback.conditions.parser import parse_condition
from docuvault.fallback.conditions.profiles import ROUTING
from docuvault.fallback.conditions.syntax import Condition


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule that can be asked."""

    name: str
    condition: Condition
    actions: RuleActions


@dataclass(frozen=True, slots=True)
class RuledTopic:
    """A topic that a document is to have, and the rule that says so."""

    id: UUID
    rule: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What all rules that hold say together; `title` is None when they leave it alone."""

    topics: tuple[RuledTopic, ...]
    title: str | None
    needs_review: bool


# Every document asks the same few conditions.
@lru_cache(maxsize=512)
def routing_condition(text: str) -> Condition:
    """The condition that the text spells; raises `ConditionError`."""
    return parse_condition(text, ROUTING)


def context_of(document: RoutedDocument) -> dict[str, Value]:
    """The fields of the routing profile; what is not known is absent.

    Everything is as it was before any rule: neither topics nor titles that rules gave are seen, so
    asking again comes to the same end.
    """
    topics = _given(document)
    return {
        "filename": document.original_name,
        "extension": extension_of(document.original_name).removeprefix(".") or None,
        "title": original_title(document),
        "mime": document.media_type,
        "family": family_of(document.media_type).value,
        "language": _language(document),
        "topic": [topic.name for topic in topics],
        "confidence": max((topic.confidence for topic in topics), default=None),
        "size_bytes": document.size_bytes,
        "page_count": document.page_count,
        "character_count": document.character_count,
    }


def outcome_of(
    rules: Iterable[Rule], document: RoutedDocument, topic_names: Mapping[UUID, str]
) -> Outcome | None:
    """What the rules that hold say, in their order; None when none of them holds.

    `topic_names` has the topics that exist. What a person said is not touched: topics that were
    taken off, and a title that somebody wrote. Of several titles the last one counts.
    """
    context = context_of(document)
    holding = [rule for rule in rules if evaluate(rule.condition, context)]
    if not holding:
        return None
    settled = {topic.id for topic in document.topics if topic.source is not TopicSource.RULE}
    topics: dict[UUID, RuledTopic] = {}
    title: str | None = None
    for rule in holding:
        for topic_id in rule.actions.topic_ids:
            if topic_id in topic_names and topic_id not in settled:
                topics.setdefault(topic_id, RuledTopic(topic_id, rule.name))
        if rule.actions.title and document.title_source is not TitleSource.USER:
            title = _title(rule, document, topic_names) or title
    review = any(rule.actions.needs_review for rule in holding) and document.reviewed_at is None
    return Outcome(tuple(topics.values()), title, review)


def original_title(document: RoutedDocument | StageDocument) -> str:
    """The title without what rules did to it."""
    if document.title_source is TitleSource.RULE:
        return title_from(document.original_name)
    return document.title


def _title(rule: Rule, document: RoutedDocument, topic_names: Mapping[UUID, str]) -> str:
    refused = {topic.id for topic in document.topics if topic.rejected}
    # A topic of the rule itself says best what the document is.
    names = [
        topic_names[topic_id]
        for topic_id in rule.actions.topic_ids
        if topic_id in topic_names and topic_id not in refused
    ]
    names += [topic.name for topic in _given(document)]
    values = {
        TitleField.TITLE: original_title(document),
        TitleField.FILENAME: document.original_name,
        TitleField.TOPIC: names[0] if names else "",
        TitleField.DATE: document.created_at.date().isoformat(),
    }
    return filled_title(rule.actions.title or "", values)


def _given(document: RoutedDocument) -> list[RoutedTopic]:
    """The topics on the document that no rule put there."""
    return [
        topic
        for topic in document.topics
        if not topic.rejected and topic.source is not TopicSource.RULE
    ]


def _language(document: RoutedDocument) -> str | None:
    """`en` of `en-GB`, where the file names its language."""
    told = document.details.get("metadata", {}).get("language", "")
    return told.replace("_", "-").partition("-")[0].strip().lower() or None
