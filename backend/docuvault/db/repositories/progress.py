"""How far the stages of documents are, read at one moment; nothing is written."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, func, or_, select

from docuvault.db.models import Document, StageRecord
from docuvault.db.session import AsyncSession
from docuvault.db.types import clock_after
from docuvault.domain.documents import StageState


@dataclass(frozen=True, slots=True)
class StageRow:
    """One stage of a live document; its times were compared by the clock of the database."""

    stage: str
    state: str
    mode: str
    attempts: int
    crashes: int
    error_code: str | None
    has_next_run: bool
    overdue: bool
    put_off: bool
    has_lease: bool
    expired: bool
    overlong: bool


@dataclass(frozen=True, slots=True)
class Lateness:
    """When a stage is late, in seconds: due for so long, with a lease that ended so long ago,
    not due for so long yet, and running for so long."""

    overdue: float
    expired: float
    put_off: float
    overlong: float


@dataclass(frozen=True, slots=True)
class Progress:
    """A live document's status and all its stages, seen at one moment."""

    status: str
    stages: tuple[StageRow, ...]


class ProgressRepository:
    """Reads the stages of all owners' documents."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def progress(
        self, document_ids: Collection[UUID], lateness: Lateness
    ) -> dict[UUID, Progress]:
        """The stages of those documents that are live.

        One statement, so that a document and its stages are seen at the same moment.
        """
        rows = await self._session.execute(
            select(
                Document.id,
                Document.status,
                StageRecord.stage,
                StageRecord.state,
                StageRecord.mode,
                StageRecord.attempts,
                StageRecord.crashes,
                StageRecord.error_code,
                StageRecord.next_run_at.is_not(None),
                _is(StageRecord.next_run_at < clock_after(-lateness.overdue)),
                _is(StageRecord.next_run_at > clock_after(lateness.put_off)),
                StageRecord.lease_until.is_not(None),
                _is(StageRecord.lease_until < clock_after(-lateness.expired)),
                _is(StageRecord.started_at < clock_after(-lateness.overlong)),
            )
            .outerjoin(StageRecord, StageRecord.document_id == Document.id)
            .where(Document.id.in_(document_ids), Document.deleted_at.is_(None))
            .order_by(Document.id, StageRecord.position)
        )
        statuses: dict[UUID, str] = {}
        stages: dict[UUID, list[StageRow]] = {}
        for document_id, status, stage, *columns in rows:
            statuses[document_id] = status
            known = stages.setdefault(document_id, [])
            if stage is not None:
                known.append(StageRow(stage, *columns))
        return {
            document_id: Progress(status, tuple(stages[document_id]))
            for document_id, status in statuses.items()
        }

    async def is_busy(self, seconds: float) -> bool:
        """Whether any stage was begun or ended within so many seconds, or is held by a lease."""
        recently = clock_after(-seconds)
        found = await self._session.scalar(
            select(StageRecord.document_id)
            .where(
                or_(
                    StageRecord.started_at > recently,
                    StageRecord.finished_at > recently,
                    and_(
                        StageRecord.state == StageState.RUNNING,
                        StageRecord.lease_until > clock_after(0),
                    ),
                )
            )
            .limit(1)
        )
        return found is not None


def _is(condition: ColumnElement[bool]) -> ColumnElement[bool]:
    """The condition, which is not so where something that it compares is null."""
    return func.coalesce(condition, false())
