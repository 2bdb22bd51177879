"""Counts that are kept, beside what they count."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, or_, select

from docuvault.db.models import Counter, Document, DocumentTopic, Topic, User
from docuvault.db.repositories.numbers import Numbered
from docuvault.db.session import AsyncSession
from docuvault.domain.documents import DocumentStatus

_NUMBERED = {Numbered.DOCUMENT: Document.number, Numbered.TOPIC: Topic.number}


@dataclass(frozen=True, slots=True)
class OwnerCount:
    """Live documents of an owner: as its row says, as there are, as have a state that exists."""

    owner_id: UUID
    said: int
    found: int
    with_state: int


@dataclass(frozen=True, slots=True)
class NumberCount:
    """The last number that a counter has given out, and the highest one that is in use."""

    kind: str
    last: int
    highest: int


class TotalsRepository:
    """Counts rows of all owners."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def owners(self, owner_ids: Collection[UUID]) -> list[OwnerCount]:
        """Those of the owners that exist; each is counted at one moment."""
        live = (Document.owner_id == User.id, Document.deleted_at.is_(None))
        found = select(func.count()).where(*live).scalar_subquery()
        with_state = (
            select(func.count())
            .where(*live, Document.status.in_(list(DocumentStatus)))
            .scalar_subquery()
        )
        rows = await self._session.execute(
            select(User.id, User.document_count, found, with_state).where(User.id.in_(owner_ids))
        )
        return [OwnerCount(*row) for row in rows]

    async def numbers(self) -> list[NumberCount]:
        """The counters, each seen together with the numbers that it counts."""
        counts = []
        for kind, number in _NUMBERED.items():
            last = select(Counter.last).where(Counter.name == kind).scalar_subquery()
            highest = select(func.max(number)).scalar_subquery()
            row = (
                await self._session.execute(
                    select(func.coalesce(last, 0), func.coalesce(highest, 0))
                )
            ).one()
            counts.append(NumberCount(kind.value, *row))
        return counts

    async def misplaced_topics(self, topic_ids: Collection[UUID]) -> dict[UUID, int]:
        """Those of the topics that are on documents of others or on deleted ones, and how many."""
        rows = await self._session.execute(
            select(DocumentTopic.topic_id, func.count())
            .join(Topic, Topic.id == DocumentTopic.topic_id)
            .join(Document, Document.id == DocumentTopic.document_id)
            .where(
                Topic.id.in_(topic_ids),
                or_(Document.owner_id != Topic.owner_id, Document.deleted_at.is_not(None)),
            )
            .group_by(DocumentTopic.topic_id)
        )
        return {row.topic_id: row[1] for row in rows}
