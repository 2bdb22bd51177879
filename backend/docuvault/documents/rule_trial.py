"""Trying a rule on the documents that are there, without changing any."""

from dataclasses import dataclass
from uuid import UUID

from docuvault.db.repositories.routing import RoutedDocument, RoutingRepository
from docuvault.db.repositories.rules import RuleRepository, actions_of
from docuvault.db.session import AsyncSession
from docuvault.documents.routing import Outcome, Rule, outcome_of, routing_condition
from docuvault.documents.rules import canonical, check_actions
from docuvault.domain.errors import NotFound
from docuvault.domain.rules import RuleActions

MOST_DOCUMENTS = 5_000
MOST_EXAMPLES = 20
DOCUMENTS_PER_QUERY = 250


@dataclass(frozen=True, slots=True)
class Example:
    """A document that the rule holds for, and what would be new on it."""

    document_id: UUID
    title: str
    new_topic_ids: tuple[UUID, ...]
    new_title: str | None
    needs_review: bool


@dataclass(frozen=True, slots=True)
class Trial:
    """How many of the newest documents were asked, and for how many the rule holds.

    `stopped` when there are older documents that were not asked.
    """

    checked: int
    matches: int
    stopped: bool
    examples: tuple[Example, ...]


class RuleTrial:
    """Asks one rule about the documents of one owner; needs a session that changes nothing.

    At most `most` documents are read, `page` at a time.
    """

    def __init__(
        self,
        session: AsyncSession,
        owner_id: UUID,
        *,
        most: int = MOST_DOCUMENTS,
        page: int = DOCUMENTS_PER_QUERY,
    ) -> None:
        self._most = most
        self._page = page
        self._rules = RuleRepository(session, owner_id)
        self._documents = RoutingRepository(session, owner_id)

    async def of_draft(self, condition: str, actions: RuleActions) -> Trial:
        """A rule that is still being written."""
        check_actions(actions)
        return await self._ask(Rule("", routing_condition(canonical(condition)), actions))

    async def of_kept(self, rule_id: UUID) -> Trial:
        """A rule that is there, whether enabled or not."""
        rule = await self._rules.get(rule_id)
        if rule is None:
            raise NotFound()
        condition = routing_condition(canonical(rule.condition))
        return await self._ask(Rule(rule.name, condition, actions_of(rule)))

    async def _ask(self, rule: Rule) -> Trial:
        names = await self._documents.topic_names(rule.actions.topic_ids)
        checked = matches = 0
        examples: list[Example] = []
        last: RoutedDocument | None = None
        while page := await self._documents.newest(last, self._page):
            left = self._most - checked
            for document in page[:left]:
                outcome = outcome_of([rule], document, names)
                if outcome is None:
                    continue
                matches += 1
                if len(examples) < MOST_EXAMPLES:
                    examples.append(_example(document, outcome))
            checked += len(page[:left])
            last = page[-1]
            if len(page) > left:
                return Trial(checked, matches, stopped=True, examples=tuple(examples))
        return Trial(checked, matches, stopped=False, examples=tuple(examples))


def _example(document: RoutedDocument, outcome: Outcome) -> Example:
    present = {topic.id for topic in document.topics}
    return Example(
        document.id,
        document.title,
        tuple(topic.id for topic in outcome.topics if topic.id not in present),
        outcome.title if outcome.title != document.title else None,
        outcome.needs_review and not document.needs_review,
    )
