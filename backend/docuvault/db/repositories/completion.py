"""Queries about results that were made with less than everything and are to be made again."""

from collections.abc import Collection
from datetime import datetime
from itertools import product
from uuid import UUID

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    Select,
    and_,
    func,
    select,
    text,
    union_all,
    update,
)

from docuvault.db.models import Document, StageRecord
from docuvault.db.repositories.locks import lock_document
from docuvault.db.repositories.stages import AGAIN, StageRepository
from docuvault.db.session import AsyncSession
from docuvault.db.types import clock_now
from docuvault.domain.documents import Stage, StageState
from docuvault.domain.modes import Mode

_ENDED = (StageState.DONE, StageState.SKIPPED)
_UNDER_WAY = (StageState.PENDING, StageState.RUNNING)
# Word for word that of the partial index, which would not be used otherwise.
_PROVISIONAL = text(f"stage_records.mode <> '{Mode.PRIMARY}'")

# So many of the oldest are looked at, of each mode and state; owners take turns among these.
_LOOKED_AT = 500


class CompletionRepository:
    """Provisional results of all owners; only the sweeper comes here."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def provisional(
        self, modes: Collection[Mode], limit: int, *, due_only: bool = True
    ) -> list[UUID]:
        """Documents with a result of these modes that is to be made again, the oldest first.

        Owners take turns among the oldest, so that a large vault of one holds up nobody's; how
        many wait behind these costs nothing. `due_only` leaves out what was tried a short time ago.
        """
        # One by one, since only so the index gives the oldest without a look at all the others.
        oldest = union_all(
            *(
                select(_oldest(mode, state, due_only=due_only).subquery())
                for mode, state in product(modes, _ENDED)
            )
        ).subquery()
        due = func.min(oldest.c.next_run_at)
        turn = func.row_number().over(partition_by=Document.owner_id, order_by=due)
        found = (
            select(oldest.c.document_id, due.label("due"), turn.label("turn"))
            .join(Document, Document.id == oldest.c.document_id)
            .group_by(oldest.c.document_id, Document.owner_id)
            .subquery()
        )
        rows = await self._session.scalars(
            select(found.c.document_id).order_by(found.c.turn, found.c.due).limit(limit)
        )
        return list(rows)

    async def under_completion(self, modes: Collection[Mode]) -> int:
        """How many results of these modes are being made again, or wait for it."""
        counted = await self._session.scalar(
            select(func.count())
            .select_from(StageRecord)
            .where(
                _PROVISIONAL,
                StageRecord.mode.in_(list(modes)),
                StageRecord.state.in_(_UNDER_WAY),
            )
        )
        return counted or 0

    async def complete(self, document_id: UUID, modes: Collection[Mode]) -> Stage | None:
        """Let the document's results of these modes be made again; returns what is due first.

        A result that was given up stays. What there is serves until the new one is written.
        """
        await lock_document(self._session, document_id)
        reopened = await self._session.execute(
            update(StageRecord)
            .where(
                StageRecord.document_id == document_id,
                _made_in(modes),
                StageRecord.next_run_at.is_not(None),
            )
            .values(**AGAIN, next_run_at=None, generation=StageRecord.generation + 1)
        )
        if not isinstance(reopened, CursorResult) or not reopened.rowcount:
            return None
        stages = StageRepository(self._session)
        opened = await stages.open_next(document_id)
        await stages.refresh_status(document_id)
        return opened


def _oldest(mode: Mode, state: StageState, *, due_only: bool) -> Select[UUID, datetime | None]:
    is_waiting = (
        StageRecord.next_run_at <= clock_now() if due_only else StageRecord.next_run_at.is_not(None)
    )
    return (
        select(StageRecord.document_id, StageRecord.next_run_at)
        .where(_PROVISIONAL, StageRecord.mode == mode, StageRecord.state == state, is_waiting)
        .order_by(StageRecord.next_run_at)
        .limit(_LOOKED_AT)
    )


def _made_in(modes: Collection[Mode]) -> ColumnElement[bool]:
    return and_(_PROVISIONAL, StageRecord.mode.in_(list(modes)), StageRecord.state.in_(_ENDED))
