"""Routing rules on a document, once its topics have been looked for."""

from collections.abc import Iterable
from uuid import UUID

import structlog

from docuvault.db.models import RoutingRule
from docuvault.db.repositories.routing import RoutedDocument, RoutingRepository
from docuvault.db.repositories.rules import RuleRepository, actions_of
from docuvault.db.repositories.stages import StageDocument
from docuvault.db.repositories.topics import Assignment, TopicRepository
from docuvault.db.session import AsyncSession
from docuvault.documents.routing import (
    Outcome,
    Rule,
    original_title,
    outcome_of,
    routing_condition,
)
from docuvault.domain.documents import TitleSource, TopicSource
from docuvault.fallback.conditions.errors import ConditionError

log = structlog.get_logger(__name__)

_NOTHING = Outcome(topics=(), title=None, needs_review=False)


async def apply_rules(session: AsyncSession, document: StageDocument) -> None:
    """Put what the owner's rules say in place of what they said before.

    For the transaction in which the classification is written. Titles and topics reach the index
    with the next stage.
    """
    routing = RoutingRepository(session, document.owner_id)
    seen = await routing.document(document.id)
    if seen is None:
        return
    rules = _usable(await RuleRepository(session, document.owner_id).all(enabled_only=True))
    named = {topic_id for rule in rules for topic_id in rule.actions.topic_ids}
    outcome = outcome_of(rules, seen, await routing.topic_names(named))
    await _write(session, document.owner_id, seen, outcome or _NOTHING)
    if outcome is not None:
        log.info(
            "rules.applied",
            topics=len(outcome.topics),
            title=outcome.title is not None,
            needs_review=outcome.needs_review,
        )


async def _write(
    session: AsyncSession, owner_id: UUID, document: RoutedDocument, outcome: Outcome
) -> None:
    routing = RoutingRepository(session, owner_id)
    if outcome.topics or any(topic.source is TopicSource.RULE for topic in document.topics):
        await TopicRepository(session, owner_id).set_by_rules(
            document.id,
            [Assignment(topic.id, TopicSource.RULE, 1.0, topic.rule) for topic in outcome.topics],
        )
    title = outcome.title or original_title(document)
    if title != document.title:
        source = TitleSource.RULE if outcome.title else TitleSource.NAME
        await routing.set_title(document.id, title, source)
    if outcome.needs_review and not document.needs_review:
        await routing.ask_for_review(document.id)


def _usable(rules: Iterable[RoutingRule]) -> list[Rule]:
    """The rules that can be understood: one that cannot must not keep a document back."""
    usable: list[Rule] = []
    for rule in rules:
        try:
            usable.append(Rule(rule.name, routing_condition(rule.condition), actions_of(rule)))
        except (ConditionError, ValueError):
            log.warning("rules.skipped", rule_id=str(rule.id))
    return usable
