"""The doctor: runs all checks one after another and tells what stands at a second look."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import structlog

from docuvault.domain.errors import DependencyUnavailable, ErrorCode
from docuvault.integrity.audit import AuditCheck
from docuvault.integrity.base import Check, Inspection, Suspicion
from docuvault.integrity.chunks import ChunksCheck, IndexedChunksCheck
from docuvault.integrity.database import DatabaseCheck
from docuvault.integrity.deletions import DeletionsCheck, RemainsCheck
from docuvault.integrity.documents import DocumentsCheck
from docuvault.integrity.findings import Finding, FindingCode, Invariant
from docuvault.integrity.fulltext import EntriesCheck, PagesIndexedCheck
from docuvault.integrity.guards import GuardsCheck
from docuvault.integrity.objects import ObjectsCheck
from docuvault.integrity.originals import OriginalsCheck
from docuvault.integrity.readings import ReadingsCheck
from docuvault.integrity.temporary import TemporaryCheck
from docuvault.integrity.topics import TopicsCheck
from docuvault.integrity.totals import NumbersCheck, OwnersCheck, TopicsHeldCheck
from docuvault.integrity.vectors import VectorsCheck
from docuvault.integrity.verdict import Cause, Verdict
from docuvault.integrity.work import EndingsCheck, StagesCheck

# Time that work under way is given to reach its next step before a suspicion is looked at again.
SETTLE_SECONDS = 5.0
# Suspicions that wait for their second look together.
_TOGETHER = 1000

log = structlog.get_logger(__name__)


def checks_of(inspection: Inspection, *, read_originals: bool) -> list[Check[Any]]:
    """All checks, in the order of their invariants."""
    return [
        DatabaseCheck(inspection),
        OriginalsCheck(inspection, read_bytes=read_originals),
        ObjectsCheck(inspection),
        DocumentsCheck(inspection),
        TopicsCheck(inspection),
        StagesCheck(inspection),
        EndingsCheck(inspection),
        ReadingsCheck(inspection),
        ChunksCheck(inspection),
        PagesIndexedCheck(inspection),
        EntriesCheck(inspection),
        IndexedChunksCheck(inspection),
        VectorsCheck(inspection),
        DeletionsCheck(inspection),
        RemainsCheck(inspection),
        TemporaryCheck(inspection),
        AuditCheck(inspection),
        GuardsCheck(inspection),
        OwnersCheck(inspection),
        NumbersCheck(inspection),
        TopicsHeldCheck(inspection),
    ]


async def examine(
    inspection: Inspection, *, read_originals: bool = True, settle_seconds: float = SETTLE_SECONDS
) -> AsyncIterator[Verdict]:
    """The verdict on each invariant, as soon as it is known.

    What keeps a check from its end is told in its verdict, and the other checks go on.
    """
    checks = checks_of(inspection, read_originals=read_originals)
    for invariant in Invariant:
        verdict = Verdict(invariant)
        for check in checks:
            if check.invariant is invariant:
                await judge(check, inspection, verdict, settle_seconds)
        yield verdict


async def judge(
    check: Check[Any], inspection: Inspection, verdict: Verdict, settle_seconds: float
) -> None:
    """Run one check; what it finds, and what keeps it from its end, goes into the verdict."""
    if check.reads_vectors and inspection.vectors is None:
        sentence = f"The vectors were not checked: {inspection.no_vectors}"
        verdict.leave_out(Cause.LEFT_OUT, sentence)
        return
    suspected: list[list[Suspicion[Any]]] = []
    try:
        async for suspicions in _first_looks(check, verdict):
            suspected.append(suspicions)
            if sum(map(len, suspected)) >= _TOGETHER:
                together, suspected = suspected, []
                await _look_again(check, together, verdict, settle_seconds)
    except Exception as error:
        _interrupted(check, verdict, error)
    try:
        # Also when the first looks came to no end: what was seen by then is not lost.
        await _look_again(check, suspected, verdict, settle_seconds)
    except Exception as error:
        _interrupted(check, verdict, error)


async def _first_looks(check: Check[Any], verdict: Verdict) -> AsyncIterator[list[Suspicion[Any]]]:
    before = verdict.checked.setdefault(check.subjects, 0)
    seen = 0
    async for page in check.pages():
        suspicions = await check.look(page)
        seen += len(page)
        # Checks of the same subjects look at the same ones.
        verdict.checked[check.subjects] = max(before, seen)
        if suspicions:
            yield suspicions


async def _look_again(
    check: Check[Any],
    suspected: Sequence[Sequence[Suspicion[Any]]],
    verdict: Verdict,
    settle_seconds: float,
) -> None:
    if not suspected:
        return
    await asyncio.sleep(settle_seconds)
    for suspicions in suspected:
        verdict.add(await confirmed(check, suspicions))


async def confirmed(check: Check[Any], suspicions: Sequence[Suspicion[Any]]) -> list[Finding]:
    """What was wrong at a first look and still is."""
    suspected = {(suspicion.key, suspicion.code) for suspicion in suspicions}
    again = await check.look(list(dict.fromkeys(suspicion.key for suspicion in suspicions)))
    return [check.found(s) for s in again if (s.key, s.code) in suspected]


def _interrupted(check: Check[Any], verdict: Verdict, error: Exception) -> None:
    """Say what kept the check from its end."""
    if not isinstance(error, DependencyUnavailable):
        log.error("doctor.check_failed", subjects=check.subjects, error=type(error).__name__)
        cause, detail = Cause.UNEXPECTED, f"something unexpected happened, {type(error).__name__}."
    elif error.code is ErrorCode.VECTORS_UNAVAILABLE:
        cause, detail = Cause.LEFT_OUT, error.detail
    else:
        cause, detail = Cause.UNAVAILABLE, error.detail
        if error.code is ErrorCode.DB_CORRUPT:
            sentence = f"Damage was met while the {check.subjects} were read."
            code = FindingCode.DATABASE_DAMAGED
            verdict.add([Finding(check.invariant, code, "database", sentence)])
    verdict.leave_out(cause, f"The {check.subjects} were not all checked: {detail}")
