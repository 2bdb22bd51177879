"""How much work waits, and when anything last moved; of all owners."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, ScalarSelect, func, select

from docuvault.db.models import Canary, StageRecord
from docuvault.db.session import AsyncSession
from docuvault.db.types import clock_now
from docuvault.domain.documents import StageState


@dataclass(frozen=True, slots=True)
class Backlog:
    """Stages of documents, counted at one moment, `now`, by the clock of the database.

    `waiting` are due and not begun, the oldest since `waiting_since`. `worked_at` is when a stage
    last ended, `lease_until` the latest lease of those that run; `sent_at` and `seen_at` are those
    of the newest canary.
    """

    now: datetime
    waiting: int
    running: int
    failed: int
    waiting_since: datetime | None
    worked_at: datetime | None
    lease_until: datetime | None
    sent_at: datetime | None
    seen_at: datetime | None

    @property
    def oldest_seconds(self) -> float:
        """How long the oldest stage has been waiting; 0 when none waits."""
        if not self.waiting or self.waiting_since is None:
            return 0.0
        return max((self.now - self.waiting_since).total_seconds(), 0.0)


async def read_backlog(session: AsyncSession) -> Backlog:
    """One statement; every part of it is answered by an index."""
    pending = StageRecord.state == StageState.PENDING
    running = StageRecord.state == StageState.RUNNING
    row = (
        await session.execute(
            select(
                clock_now().label("now"),
                _count(pending, StageRecord.next_run_at <= clock_now()).label("waiting"),
                _count(running).label("running"),
                _count(StageRecord.state == StageState.FAILED).label("failed"),
                select(func.min(StageRecord.next_run_at))
                .where(pending)
                .scalar_subquery()
                .label("waiting_since"),
                select(func.max(StageRecord.finished_at)).scalar_subquery().label("worked_at"),
                select(func.max(StageRecord.lease_until))
                .where(running)
                .scalar_subquery()
                .label("lease_until"),
                select(func.max(Canary.sent_at)).scalar_subquery().label("sent_at"),
                select(func.max(Canary.seen_at)).scalar_subquery().label("seen_at"),
            )
        )
    ).one()
    return Backlog(**row._mapping)


def _count(*conditions: ColumnElement[bool]) -> ScalarSelect[int]:
    return select(func.count()).select_from(StageRecord).where(*conditions).scalar_subquery()
