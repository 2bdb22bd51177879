"""Queries about an owner's routing rules."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, case, delete, func, select, update

from docuvault.db.models import RoutingRule
from docuvault.db.repositories.base import OwnedRepository
from docuvault.db.repositories.locks import lock_owner
from docuvault.db.types import clock_now
from docuvault.domain.rules import RuleActions


class RuleRepository(OwnedRepository):
    """Routing rules of one owner; the least `position` comes first."""

    async def all(self, *, enabled_only: bool = False) -> Sequence[RoutingRule]:
        """The rules in their order."""
        statement = (
            select(RoutingRule)
            .where(RoutingRule.owner_id == self._owner_id)
            .order_by(RoutingRule.position, RoutingRule.created_at, RoutingRule.id)
        )
        if enabled_only:
            statement = statement.where(RoutingRule.enabled.is_(True))
        return (await self._session.scalars(statement)).all()

    async def get(self, rule_id: UUID) -> RoutingRule | None:
        """One rule."""
        return await self._session.scalar(select(RoutingRule).where(self._is(rule_id)))

    async def hold(self) -> None:
        """Let nobody else change this owner's rules until the end of the transaction."""
        await lock_owner(self._session, self._owner_id)

    async def count(self) -> int:
        """How many rules there are."""
        counted = await self._session.scalar(
            select(func.count(RoutingRule.id)).where(RoutingRule.owner_id == self._owner_id)
        )
        return counted or 0

    async def add(
        self, name: str, condition: str, actions: RuleActions, *, enabled: bool
    ) -> RoutingRule:
        """A new rule behind all others."""
        last = await self._session.scalar(
            select(func.max(RoutingRule.position)).where(RoutingRule.owner_id == self._owner_id)
        )
        rule = RoutingRule(
            owner_id=self._owner_id,
            position=0 if last is None else last + 1,
            name=name,
            condition=condition,
            actions=_kept(actions),
            enabled=enabled,
        )
        self._session.add(rule)
        await self._session.flush()
        return rule

    async def change(
        self, rule_id: UUID, name: str, condition: str, actions: RuleActions, *, enabled: bool
    ) -> None:
        """Put this in place of what the rule says."""
        await self._session.execute(
            update(RoutingRule)
            .where(self._is(rule_id))
            .values(
                name=name,
                condition=condition,
                actions=_kept(actions),
                enabled=enabled,
                updated_at=clock_now(),
            )
        )

    async def remove(self, rule_id: UUID) -> bool:
        """Remove a rule; False when there was none."""
        removed = await self._session.scalar(
            delete(RoutingRule).where(self._is(rule_id)).returning(RoutingRule.id)
        )
        return removed is not None

    async def reorder(self, rule_ids: Sequence[UUID]) -> None:
        """Give these rules the places 0, 1, 2 …"""
        if not rule_ids:
            return
        places = {rule_id: place for place, rule_id in enumerate(rule_ids)}
        await self._session.execute(
            update(RoutingRule)
            .where(RoutingRule.owner_id == self._owner_id, RoutingRule.id.in_(rule_ids))
            .values(position=case(places, value=RoutingRule.id))
            .execution_options(synchronize_session=False)
        )

    def _is(self, rule_id: UUID) -> ColumnElement[bool]:
        return (RoutingRule.owner_id == self._owner_id) & (RoutingRule.id == rule_id)


def actions_of(rule: RoutingRule) -> RuleActions:
    """What a kept rule does."""
    kept = rule.actions
    return RuleActions(
        topic_ids=tuple(UUID(topic_id) for topic_id in kept.get("topic_ids", ())),
        title=kept.get("title"),
        needs_review=bool(kept.get("needs_review")),
    )


def _kept(actions: RuleActions) -> dict[str, Any]:
    return {
        "topic_ids": [str(topic_id) for topic_id in actions.topic_ids],
        "title": actions.title,
        "needs_review": actions.needs_review,
    }
