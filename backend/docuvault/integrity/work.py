"""I4 and I5: every document has all its stages, what is due is being done and comes to an end.

Late work is damage only where nothing else is being worked on: a thousand uploads wait for their
turn, which is no fault, and the embedded server that is stopped takes everything up at its start.
"""

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from uuid import UUID

from docuvault.config.settings import QueueSettings
from docuvault.db.repositories.progress import (
    Lateness,
    Progress,
    ProgressRepository,
    StageRow,
)
from docuvault.domain.documents import (
    STAGE_ORDER,
    TERMINAL_STATES,
    Stage,
    StageState,
    derive_status,
)
from docuvault.domain.errors import ErrorCode
from docuvault.domain.modes import Mode
from docuvault.integrity.base import Inspection, LiveDocumentsCheck, Suspicion
from docuvault.integrity.findings import FindingCode, Invariant

# How long work may be late, beyond one sweep, before somebody is told.
OVERDUE_SECONDS = 60.0
_EXPIRED_SECONDS = 30.0
# No wait between two tries is longer than some minutes.
_PUT_OFF_SECONDS = 3600.0
_LATE_CODES = frozenset({FindingCode.STAGE_OVERDUE, FindingCode.LEASE_EXPIRED})

# Ends that people are told the reason of.
_EXPLAINED_STATES = frozenset({StageState.FAILED, StageState.SKIPPED})
_UNFINISHED_STATES = frozenset({StageState.PENDING, StageState.RUNNING})

_Fault = tuple[FindingCode, str]


class ProgressCheck(LiveDocumentsCheck):
    """Looks at all stages of a document at one moment."""

    subjects = "documents"

    @abstractmethod
    def faults(self, seen: Progress) -> Iterator[_Fault]:
        """What is wrong with the stages of one document."""

    async def look(self, keys: Sequence[UUID]) -> list[Suspicion[UUID]]:
        """What is wrong; what is merely late counts where nobody works."""
        queue = self._vault.queue
        lateness = Lateness(
            overdue=OVERDUE_SECONDS + queue.sweep_seconds,
            expired=_EXPIRED_SECONDS + queue.sweep_seconds,
            put_off=_PUT_OFF_SECONDS,
            # Its end waits for a database that is away as long as the lease lasts.
            overlong=OVERDUE_SECONDS + queue.stage_seconds + 2 * queue.lease_seconds,
        )
        async with self._vault.database.reading() as session:
            rows = ProgressRepository(session)
            progress = await rows.progress(keys, lateness)
            faults = [(id_, fault) for id_, seen in progress.items() for fault in self.faults(seen)]
            if any(code in _LATE_CODES for _, (code, _) in faults) and not await nobody_works(
                self._vault, rows
            ):
                faults = [fault for fault in faults if fault[1][0] not in _LATE_CODES]
        return [Suspicion(id_, code, f"document {id_}", said) for id_, (code, said) in faults]


class StagesCheck(ProgressCheck):
    """That stages are there, hang together, are taken up and explained."""

    invariant = Invariant.WORK

    def faults(self, seen: Progress) -> Iterator[_Fault]:
        """Stages that are missing, stuck, late or unexplained, and a status that disagrees."""
        return _stage_faults(seen)


class EndingsCheck(ProgressCheck):
    """That stages which were begun come to an end."""

    invariant = Invariant.ENDINGS

    def faults(self, seen: Progress) -> Iterator[_Fault]:
        """Stages that nobody can end, or that begin again and again."""
        for row in seen.stages:
            if row.state == StageState.RUNNING:
                yield from _running_faults(row)
            if row.state == StageState.PENDING and row.put_off:
                yield (
                    FindingCode.STAGE_PUT_OFF,
                    f"Stage {row.stage} waits for longer than any wait may take.",
                )
            if row.state in _UNFINISHED_STATES and _tried_too_often(row, self._vault.queue):
                yield (
                    FindingCode.ATTEMPTS_EXCEEDED,
                    f"Stage {row.stage} has begun {row.attempts} times, its worker died"
                    f" {row.crashes} times, and it should have been given up.",
                )


async def nobody_works(vault: Inspection, rows: ProgressRepository) -> bool:
    """Whether somebody should work, and has not for longer than work may be late."""
    return vault.is_worked_on and not await rows.is_busy(
        OVERDUE_SECONDS + vault.queue.sweep_seconds
    )


def _stage_faults(seen: Progress) -> Iterator[_Fault]:
    rows = {row.stage: row for row in seen.stages}
    strange = [
        f"{row.stage}: {row.state} ({row.mode})"
        for row in seen.stages
        if row.stage not in frozenset(Stage)
        or row.state not in frozenset(StageState)
        or row.mode not in frozenset(Mode)
    ]
    if strange:
        yield (
            FindingCode.STAGE_UNKNOWN,
            f"There is no such stage, state or mode: {', '.join(strange)}.",
        )
    missing = [stage.value for stage in STAGE_ORDER if stage not in rows]
    if missing:
        yield FindingCode.STAGE_MISSING, f"The document has no row of {', '.join(missing)}."
    if strange or missing:
        # What follows asks how the stages hang together.
        return
    for position, stage in enumerate(STAGE_ORDER):
        earlier = [StageState(rows[before].state) for before in STAGE_ORDER[:position]]
        yield from _waiting_faults(rows[stage], waits=not TERMINAL_STATES.issuperset(earlier))
    derived = derive_status({stage: StageState(rows[stage].state) for stage in STAGE_ORDER})
    if derived != seen.status:
        yield (
            FindingCode.STATUS_DISAGREES,
            f"The status is {seen.status}; from its stages follows {derived.value}.",
        )


def _waiting_faults(row: StageRow, *, waits: bool) -> Iterator[_Fault]:
    if row.state == StageState.PENDING:
        if not row.has_next_run and not waits:
            yield (
                FindingCode.STAGE_NEVER_DUE,
                f"Stage {row.stage} waits, and nothing will ever make it due.",
            )
        elif row.overdue:
            yield FindingCode.STAGE_OVERDUE, f"Stage {row.stage} is due, and nobody takes it up."
    elif row.state in _EXPLAINED_STATES and row.error_code is None:
        yield (
            FindingCode.REASON_MISSING,
            f"Stage {row.stage} is {row.state}, and no reason is kept.",
        )


def _running_faults(row: StageRow) -> Iterator[_Fault]:
    if not row.has_lease:
        yield FindingCode.LEASE_MISSING, f"Stage {row.stage} runs without a lease."
    elif row.expired:
        yield (
            FindingCode.LEASE_EXPIRED,
            f"Stage {row.stage} belongs to a worker that reports no more.",
        )
    elif row.overlong:
        yield (
            FindingCode.STAGE_OVERLONG,
            f"Stage {row.stage} runs for longer than it may, and its worker still reports.",
        )


def _tried_too_often(row: StageRow, queue: QueueSettings) -> bool:
    """A part that is away may cost any number of tries, deaths and surprises only a few."""
    if row.crashes > queue.max_crashes + 1:
        return True
    surprised = row.error_code == ErrorCode.STAGE_FAILED
    return surprised and row.attempts > queue.max_attempts + queue.max_crashes + 1
