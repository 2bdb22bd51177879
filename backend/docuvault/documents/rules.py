"""What people do with routing rules, inside the caller's transaction."""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from docuvault.db.models import RoutingRule
from docuvault.db.repositories.audit import record
from docuvault.db.repositories.rules import RuleRepository, actions_of
from docuvault.db.repositories.topics import TopicRepository
from docuvault.db.session import AsyncSession
from docuvault.documents.routing import routing_condition
from docuvault.domain.errors import ErrorCode, FieldError, InvalidInput, NotFound
from docuvault.domain.rules import MAX_RULES, RuleActions, title_fault
from docuvault.events.base import Event
from docuvault.events.pending import PendingEvents
from docuvault.fallback.conditions.errors import ConditionError


@dataclass(frozen=True, slots=True)
class RuleDraft:
    """What a rule is to say."""

    name: str
    condition: str
    actions: RuleActions
    enabled: bool


@dataclass(frozen=True, slots=True)
class KeptRule:
    """A rule, those of its topics that are gone, and why it is passed over, if it is."""

    rule: RoutingRule
    actions: RuleActions
    missing_topic_ids: tuple[UUID, ...]
    fault: str | None


class RuleService:
    """Routing rules of one owner; events go out after the caller's commit."""

    def __init__(self, session: AsyncSession, owner_id: UUID, events: PendingEvents) -> None:
        self._session = session
        self._owner_id = owner_id
        self._events = events
        self._rules = RuleRepository(session, owner_id)
        self._topics = TopicRepository(session, owner_id)

    async def all(self) -> list[KeptRule]:
        """All rules in the order in which they are asked."""
        return await self._kept(await self._rules.all())

    async def get(self, rule_id: UUID) -> KeptRule:
        """One rule, or `NotFound`."""
        [kept] = await self._kept([await self._existing(rule_id)])
        return kept

    async def create(self, draft: RuleDraft) -> KeptRule:
        """A new rule behind all others."""
        await self._rules.hold()
        if await self._rules.count() >= MAX_RULES:
            raise _fault("body", f"There are {MAX_RULES} rules already, and no more are possible.")
        condition = canonical(draft.condition)
        await self._check(draft.actions, present=())
        rule = await self._rules.add(draft.name, condition, draft.actions, enabled=draft.enabled)
        await self._tell("rule.created", rule.id)
        return await self._reread(rule.id)

    async def change(self, rule_id: UUID, draft: RuleDraft) -> KeptRule:
        """Put this in place of what the rule says; topics that it lost meanwhile may stay in it."""
        await self._rules.hold()
        present = actions_of(await self._existing(rule_id)).topic_ids
        condition = canonical(draft.condition)
        await self._check(draft.actions, present=present)
        await self._rules.change(
            rule_id, draft.name, condition, draft.actions, enabled=draft.enabled
        )
        await self._tell("rule.changed", rule_id)
        return await self._reread(rule_id)

    async def delete(self, rule_id: UUID) -> None:
        """Remove the rule; what it did to documents stays."""
        await self._rules.hold()
        if not await self._rules.remove(rule_id):
            raise NotFound()
        await self._tell("rule.deleted", rule_id)

    async def reorder(self, rule_ids: Sequence[UUID]) -> list[KeptRule]:
        """Ask the rules in this order; it must name each of them once."""
        await self._rules.hold()
        present = [rule.id for rule in await self._rules.all()]
        if sorted(rule_ids) != sorted(present):
            raise _fault("body.ids", "These are not exactly the rules that there are.")
        if list(rule_ids) != present:
            await self._rules.reorder(rule_ids)
            for rule_id in rule_ids[:1]:
                await self._tell("rule.reordered", rule_id)
        self._session.expire_all()
        return await self.all()

    async def _check(self, actions: RuleActions, present: Sequence[UUID]) -> None:
        """Refuse what no rule can do."""
        check_actions(actions)
        known = await self._topics.existing(actions.topic_ids)
        for topic_id in actions.topic_ids:
            if topic_id not in known and topic_id not in present:
                raise _fault("body.actions.topic_ids", f"There is no topic {topic_id}.")

    async def _existing(self, rule_id: UUID) -> RoutingRule:
        rule = await self._rules.get(rule_id)
        if rule is None:
            raise NotFound()
        return rule

    async def _reread(self, rule_id: UUID) -> KeptRule:
        self._session.expire_all()
        return await self.get(rule_id)

    async def _kept(self, rules: Sequence[RoutingRule]) -> list[KeptRule]:
        wanted = [actions_of(rule) for rule in rules]
        known = await self._topics.existing({one for each in wanted for one in each.topic_ids})
        return [
            KeptRule(
                rule,
                actions,
                tuple(topic_id for topic_id in actions.topic_ids if topic_id not in known),
                _fault_of(rule.condition),
            )
            for rule, actions in zip(rules, wanted, strict=True)
        ]

    async def _tell(self, action: str, rule_id: UUID) -> None:
        await record(self._session, self._owner_id, action, rule_id)
        self._events.add(Event(self._owner_id, "rule", rule_id))


def canonical(condition: str) -> str:
    """The one spelling of a condition on documents; `bad_condition` names the place of a fault."""
    try:
        return str(routing_condition(condition))
    except ConditionError as error:
        fault = FieldError("body.condition", error.detail, error.position)
        raise InvalidInput(ErrorCode.BAD_CONDITION, error.detail, errors=[fault]) from None


def check_actions(actions: RuleActions) -> None:
    """Refuse a rule that does nothing, and a title that cannot be made."""
    if not actions:
        raise _fault("body.actions", "A rule gives a topic or a title, or asks for a review.")
    fault = title_fault(actions.title or "")
    if fault is not None:
        raise _fault("body.actions.title", fault)


def _fault_of(condition: str) -> str | None:
    try:
        routing_condition(condition)
    except ConditionError as error:
        return error.detail
    return None


def _fault(field: str, sentence: str) -> InvalidInput:
    return InvalidInput(ErrorCode.VALIDATION_FAILED, sentence, errors=[FieldError(field, sentence)])
