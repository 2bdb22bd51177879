"""Queries about stage records: claim with a lease, finish behind the fence, find what is due."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    and_,
    case,
    or_,
    select,
    update,
)

from docuvault.db.models import Document, StageRecord
from docuvault.db.repositories.locks import lock_document
from docuvault.db.session import AsyncSession
from docuvault.db.types import clock_after, clock_now
from docuvault.domain.documents import (
    TERMINAL_STATES,
    Stage,
    StageState,
    TitleSource,
    derive_status,
    next_stage,
)
from docuvault.domain.errors import SENTENCES, ErrorCode
from docuvault.domain.modes import Mode


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to work on one stage of one document until the lease runs out.

    `mode` is less than everything where an earlier result is to be completed; `completions` counts
    the tries of that.
    """

    document_id: UUID
    stage: Stage
    token: UUID
    generation: int
    attempts: int
    crashes: int
    mode: Mode = Mode.PRIMARY
    completions: int = 0


@dataclass(frozen=True, slots=True)
class Provision:
    """How complete a result is: made in which mode, and when it is to be made again.

    `due_seconds` is None when it stays as it is.
    """

    mode: Mode = Mode.PRIMARY
    completions: int = 0
    due_seconds: float | None = None


COMPLETE = Provision()


@dataclass(frozen=True, slots=True)
class StageDocument:
    """What a stage needs to know of its document."""

    id: UUID
    owner_id: UUID
    title: str
    original_name: str
    media_type: str
    object_key: str
    sha256: str
    size_bytes: int
    created_at: datetime
    title_source: TitleSource


# A stage that is to run; what it was made with before is kept in mind.
AGAIN: dict[str, Any] = {
    "state": StageState.PENDING,
    "attempts": 0,
    "crashes": 0,
    "lease_token": None,
    "lease_until": None,
    "error_code": None,
    "error_detail": None,
    "started_at": None,
    "finished_at": None,
}
# A stage as if it had never run.
FRESH: dict[str, Any] = {**AGAIN, "mode": Mode.PRIMARY, "completions": 0}
# Workers hold no stage as an object, so none has to be found and brought up to date.
_NO_OBJECTS = {"synchronize_session": False}


class StageRepository:
    """Stage records of all owners; only workers and the sweeper come here."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def claim(self, document_id: UUID, stage: Stage, lease_seconds: float) -> Claim | None:
        """Take the stage if it is due or its worker is dead; None when somebody else has it.

        The attempt is counted here, before any work, so that work that kills its worker is noticed.
        """
        await lock_document(self._session, document_id)
        token = uuid4()
        row = (
            await self._session.execute(
                update(StageRecord)
                .where(_of(document_id, stage), _is_due(0))
                .values(
                    state=StageState.RUNNING,
                    attempts=StageRecord.attempts + 1,
                    crashes=StageRecord.crashes
                    + case((StageRecord.state == StageState.RUNNING, 1), else_=0),
                    lease_token=token,
                    lease_until=clock_after(lease_seconds),
                    started_at=clock_now(),
                    finished_at=None,
                )
                .returning(
                    StageRecord.generation,
                    StageRecord.attempts,
                    StageRecord.crashes,
                    StageRecord.mode,
                    StageRecord.completions,
                ),
                execution_options=_NO_OBJECTS,
            )
        ).one_or_none()
        if row is None:
            return None
        await self.refresh_status(document_id)
        return Claim(
            document_id,
            stage,
            token,
            row.generation,
            row.attempts,
            row.crashes,
            Mode(row.mode),
            row.completions,
        )

    async def document_of(self, claim: Claim) -> StageDocument | None:
        """The claimed document; None when it is gone."""
        row = (
            await self._session.execute(
                select(
                    Document.id,
                    Document.owner_id,
                    Document.title,
                    Document.original_name,
                    Document.media_type,
                    Document.object_key,
                    Document.sha256,
                    Document.size_bytes,
                    Document.created_at,
                    Document.title_source,
                ).where(Document.id == claim.document_id, Document.deleted_at.is_(None))
            )
        ).one_or_none()
        if row is None:
            return None
        return StageDocument(**{**row._asdict(), "title_source": TitleSource(row.title_source)})

    async def holds(self, claim: Claim) -> bool:
        """Whether the stage still belongs to this claim."""
        held = await self._session.scalar(
            select(StageRecord.document_id).where(
                _of(claim.document_id, claim.stage),
                StageRecord.lease_token == claim.token,
                StageRecord.generation == claim.generation,
            )
        )
        return held is not None

    async def renew(self, claim: Claim, lease_seconds: float) -> bool:
        """Prolong the lease; False when it was lost."""
        return await self._write(claim, lease_until=clock_after(lease_seconds))

    async def give_back(self, claim: Claim) -> bool:
        """Undo the claim, for work that was stopped on purpose; False when the lease was lost."""
        return await self._fenced(
            claim,
            state=StageState.PENDING,
            attempts=StageRecord.attempts - 1,
            lease_token=None,
            lease_until=None,
            next_run_at=clock_now(),
            started_at=None,
        )

    async def finish(
        self,
        claim: Claim,
        state: StageState,
        *,
        code: ErrorCode | None,
        result: dict[str, Any],
        provision: Provision = COMPLETE,
    ) -> bool:
        """Write the end of the stage; False when the lease was lost and nothing may be written."""
        due = provision.due_seconds
        return await self._fenced(
            claim,
            state=state,
            lease_token=None,
            lease_until=None,
            crashes=0,
            error_code=code,
            error_detail=SENTENCES[code] if code else None,
            result=result,
            finished_at=clock_now(),
            mode=provision.mode,
            completions=provision.completions,
            next_run_at=None if due is None else clock_after(due),
        )

    async def fail(self, claim: Claim, code: ErrorCode, detail: str) -> bool:
        """Write that the stage failed for good; False when the lease was lost."""
        return await self._fenced(
            claim,
            state=StageState.FAILED,
            lease_token=None,
            lease_until=None,
            error_code=code,
            error_detail=detail,
            finished_at=clock_now(),
            mode=Mode.PRIMARY,
            completions=0,
        )

    async def postpone(
        self, claim: Claim, code: ErrorCode, detail: str, delay_seconds: float
    ) -> bool:
        """Give the stage back to be tried later; False when the lease was lost."""
        return await self._fenced(
            claim,
            state=StageState.PENDING,
            lease_token=None,
            lease_until=None,
            next_run_at=clock_after(delay_seconds),
            error_code=code,
            error_detail=detail,
        )

    async def open_next(self, document_id: UUID) -> Stage | None:
        """Make the first unfinished stage due and return it; None when it runs or none is left."""
        row = (
            await self._session.execute(
                select(StageRecord.stage, StageRecord.state)
                .where(
                    StageRecord.document_id == document_id,
                    StageRecord.state.not_in(TERMINAL_STATES),
                )
                .order_by(StageRecord.position)
                .limit(1)
            )
        ).one_or_none()
        if row is None or row.state == StageState.RUNNING:
            return None
        await self._session.execute(
            update(StageRecord)
            .where(_of(document_id, Stage(row.stage)), StageRecord.next_run_at.is_(None))
            .values(next_run_at=clock_now())
        )
        return Stage(row.stage)

    async def open_after(self, document_id: UUID, stage: Stage) -> Stage | None:
        """Do not let the stage behind this one wait any longer; returns it if it did."""
        following = next_stage(stage)
        if following is None:
            return None
        opened = await self._session.scalar(
            update(StageRecord)
            .where(
                _of(document_id, following),
                StageRecord.state == StageState.PENDING,
                StageRecord.next_run_at.is_(None),
            )
            .values(next_run_at=clock_now())
            .returning(StageRecord.stage)
        )
        return Stage(opened) if opened else None

    async def skip_rest(self, document_id: UUID, code: ErrorCode) -> None:
        """The stages that are still to come have nothing to work on."""
        await self._session.execute(
            update(StageRecord)
            .where(StageRecord.document_id == document_id, StageRecord.state == StageState.PENDING)
            .values(
                state=StageState.SKIPPED,
                error_code=code,
                error_detail=SENTENCES[code],
                finished_at=clock_now(),
            )
        )

    async def reopen(
        self, document_id: UUID, stages: Iterable[Stage], *, asked_for_only: bool = False
    ) -> Stage | None:
        """Let the stages run again from the first on; a run in progress is fenced out.

        `asked_for_only` leaves out what the owner switched off for this document.
        """
        await lock_document(self._session, document_id)
        chosen = [StageRecord.document_id == document_id, StageRecord.stage.in_(list(stages))]
        if asked_for_only:
            chosen.append(StageRecord.error_code.is_distinct_from(ErrorCode.NOT_REQUESTED))
        await self._session.execute(
            update(StageRecord)
            .where(*chosen)
            .values(**FRESH, next_run_at=None, generation=StageRecord.generation + 1)
        )
        opened = await self.open_next(document_id)
        await self.refresh_status(document_id)
        return opened

    async def due(self, grace_seconds: float, limit: int) -> list[tuple[UUID, Stage]]:
        """Stages that should have been taken at least `grace_seconds` ago, oldest first."""
        rows = await self._session.execute(
            select(StageRecord.document_id, StageRecord.stage)
            .where(_is_due(grace_seconds))
            .order_by(StageRecord.next_run_at)
            .limit(limit)
        )
        return [(row.document_id, Stage(row.stage)) for row in rows]

    async def release_leases(self) -> int:
        """End all leases now; for the start of a process that is alone on its data."""
        released = await self._session.execute(
            update(StageRecord)
            .where(StageRecord.state == StageState.RUNNING)
            .values(lease_until=clock_after(-1))
        )
        return _count(released)

    async def refresh_status(self, document_id: UUID) -> None:
        """Derive the document's status from its stages."""
        rows = await self._session.execute(
            select(StageRecord.stage, StageRecord.state).where(
                StageRecord.document_id == document_id
            )
        )
        states = {Stage(row.stage): StageState(row.state) for row in rows}
        if states:
            await self._session.execute(
                update(Document)
                .where(Document.id == document_id)
                .values(status=derive_status(states), updated_at=clock_now())
            )

    async def _fenced(self, claim: Claim, **values: Any) -> bool:
        await lock_document(self._session, claim.document_id)
        return await self._write(claim, **values)

    async def _write(self, claim: Claim, **values: Any) -> bool:
        written = await self._session.execute(
            update(StageRecord)
            .where(
                _of(claim.document_id, claim.stage),
                StageRecord.lease_token == claim.token,
                StageRecord.generation == claim.generation,
            )
            .values(**values),
            execution_options=_NO_OBJECTS,
        )
        return _count(written) == 1


def _count(result: Any) -> int:
    return int(result.rowcount) if isinstance(result, CursorResult) else 0


def _of(document_id: UUID, stage: Stage) -> ColumnElement[bool]:
    return and_(StageRecord.document_id == document_id, StageRecord.stage == stage)


def _is_due(grace_seconds: float) -> ColumnElement[bool]:
    latest = clock_after(-grace_seconds)
    return or_(
        and_(StageRecord.state == StageState.PENDING, StageRecord.next_run_at <= latest),
        and_(StageRecord.state == StageState.RUNNING, StageRecord.lease_until < latest),
    )
