"""I4: every document has all its stages, what is due is being done, and each end has its reason.

Late work is damage only where nothing else is being worked on: a thousand uploads wait for their
turn, which is no fault, and the embedded server that is stopped takes everything up at its start.
"""

from collections.abc import AsyncIterator, Iterator, Sequence
from uuid import UUID

from docuvault.db.repositories.integrity import IntegrityRepository, Progress, StageRow
from docuvault.domain.documents import (
    STAGE_ORDER,
    TERMINAL_STATES,
    Stage,
    StageState,
    derive_status,
)
from docuvault.integrity.base import Check, Inspection, Suspicion, paged
from docuvault.integrity.findings import FindingCode, Invariant

_PAGE = 500
# How long work may be late, beyond one sweep, before somebody is told.
_OVERDUE_SECONDS = 60.0
_EXPIRED_SECONDS = 30.0
_LATE_CODES = frozenset({FindingCode.STAGE_OVERDUE, FindingCode.LEASE_EXPIRED})

# Ends that people are told the reason of.
_EXPLAINED_STATES = frozenset({StageState.FAILED, StageState.SKIPPED})

_Fault = tuple[FindingCode, str]


class StagesCheck(Check[UUID]):
    """Stages of live documents."""

    invariant = Invariant.WORK
    subjects = "documents"

    def pages(self) -> AsyncIterator[Sequence[UUID]]:
        """Live documents."""

        async def page(after: UUID | None) -> list[UUID]:
            async with self._vault.database.reading() as session:
                return await IntegrityRepository(session).document_ids(after, _PAGE)

        return paged(page)

    async def look(self, keys: Sequence[UUID]) -> list[Suspicion[UUID]]:
        """Stages that are missing, stuck, late or unexplained, and a status that disagrees."""
        sweep = self._vault.sweep_seconds
        async with self._vault.database.reading() as session:
            rows = IntegrityRepository(session)
            progress = await rows.progress(
                keys,
                overdue_after=_OVERDUE_SECONDS + sweep,
                expired_after=_EXPIRED_SECONDS + sweep,
            )
            faults = [(id_, fault) for id_, seen in progress.items() for fault in _faults(seen)]
            if any(code in _LATE_CODES for _, (code, _) in faults) and not await _nobody_works(
                self._vault, rows
            ):
                faults = [fault for fault in faults if fault[1][0] not in _LATE_CODES]
        return [Suspicion(id_, code, f"document {id_}", said) for id_, (code, said) in faults]


class DeletionsCheck(Check[UUID]):
    """Deleted documents are removed for good soon."""

    invariant = Invariant.WORK
    subjects = "deleted documents"

    def pages(self) -> AsyncIterator[Sequence[UUID]]:
        """Deleted documents that still have a row."""

        async def page(after: UUID | None) -> list[UUID]:
            async with self._vault.database.reading() as session:
                return await IntegrityRepository(session).deleted_ids(after, _PAGE)

        return paged(page)

    async def look(self, keys: Sequence[UUID]) -> list[Suspicion[UUID]]:
        """Those that wait for too long."""
        async with self._vault.database.reading() as session:
            rows = IntegrityRepository(session)
            overdue = await rows.overdue_deletions(
                keys, _OVERDUE_SECONDS + self._vault.sweep_seconds
            )
            if overdue and not await _nobody_works(self._vault, rows):
                return []
        return [
            Suspicion(
                id_,
                FindingCode.DELETION_OVERDUE,
                f"document {id_}",
                "The document was deleted, and its bytes should be removed by now.",
            )
            for id_ in keys
            if id_ in overdue
        ]


async def _nobody_works(vault: Inspection, rows: IntegrityRepository) -> bool:
    """Whether somebody should work, and has not for longer than work may be late."""
    return vault.is_worked_on and not await rows.is_busy(_OVERDUE_SECONDS + vault.sweep_seconds)


def _faults(seen: Progress) -> Iterator[_Fault]:
    rows = {row.stage: row for row in seen.stages}
    strange = [
        f"{row.stage}: {row.state}"
        for row in seen.stages
        if row.stage not in frozenset(Stage) or row.state not in frozenset(StageState)
    ]
    if strange:
        yield FindingCode.STAGE_UNKNOWN, f"There is no such stage or state: {', '.join(strange)}."
    missing = [stage.value for stage in STAGE_ORDER if stage not in rows]
    if missing:
        yield FindingCode.STAGE_MISSING, f"The document has no row of {', '.join(missing)}."
    if strange or missing:
        # What follows asks how the stages hang together.
        return
    for position, stage in enumerate(STAGE_ORDER):
        earlier = [StageState(rows[before].state) for before in STAGE_ORDER[:position]]
        yield from _stage_faults(rows[stage], waits=not TERMINAL_STATES.issuperset(earlier))
    derived = derive_status({stage: StageState(rows[stage].state) for stage in STAGE_ORDER})
    if derived != seen.status:
        yield (
            FindingCode.STATUS_DISAGREES,
            f"The status is {seen.status}; from its stages follows {derived.value}.",
        )


def _stage_faults(row: StageRow, *, waits: bool) -> Iterator[_Fault]:
    if row.state == StageState.PENDING:
        if not row.has_next_run and not waits:
            yield (
                FindingCode.STAGE_NEVER_DUE,
                f"Stage {row.stage} waits, and nothing will ever make it due.",
            )
        elif row.overdue:
            yield FindingCode.STAGE_OVERDUE, f"Stage {row.stage} is due, and nobody takes it up."
    elif row.state == StageState.RUNNING:
        if not row.has_lease:
            yield FindingCode.LEASE_MISSING, f"Stage {row.stage} runs without a lease."
        elif row.expired:
            yield (
                FindingCode.LEASE_EXPIRED,
                f"Stage {row.stage} belongs to a worker that reports no more.",
            )
    elif row.state in _EXPLAINED_STATES and not row.has_reason:
        yield (
            FindingCode.REASON_MISSING,
            f"Stage {row.stage} is {row.state}, and no reason is kept.",
        )
