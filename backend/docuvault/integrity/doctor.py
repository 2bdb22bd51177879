"""The doctor: runs all checks one after another and tells what stands at a second look."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from docuvault.domain.errors import DependencyUnavailable, ErrorCode
from docuvault.integrity.base import Check, Inspection
from docuvault.integrity.chunks import ChunksCheck
from docuvault.integrity.documents import DocumentsCheck
from docuvault.integrity.findings import PROMISES, Finding, Invariant
from docuvault.integrity.fulltext import EntriesCheck, PagesIndexedCheck
from docuvault.integrity.objects import ObjectsCheck
from docuvault.integrity.originals import OriginalsCheck
from docuvault.integrity.readings import ReadingsCheck
from docuvault.integrity.vectors import VectorsCheck
from docuvault.integrity.work import DeletionsCheck, StagesCheck

# Time that work under way is given to reach its next step before a suspicion is looked at again.
SETTLE_SECONDS = 5.0
# Findings of one invariant that are told in full; the rest is counted.
_TOLD = 1000


@dataclass(slots=True)
class Verdict:
    """What was seen of one invariant: how many subjects of each kind, and what is wrong.

    `findings` holds the first thousand, `count` counts all; `not_checked` says what was left out.
    """

    invariant: Invariant
    checked: dict[str, int] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    count: int = 0
    not_checked: list[str] = field(default_factory=list)

    @property
    def promise(self) -> str:
        """What must hold."""
        return PROMISES[self.invariant]


def checks_of(inspection: Inspection, *, read_originals: bool) -> list[Check[Any]]:
    """All checks, in the order of their invariants."""
    return [
        OriginalsCheck(inspection, read_bytes=read_originals),
        ObjectsCheck(inspection),
        DocumentsCheck(inspection),
        StagesCheck(inspection),
        DeletionsCheck(inspection),
        ReadingsCheck(inspection),
        ChunksCheck(inspection),
        PagesIndexedCheck(inspection),
        EntriesCheck(inspection),
        VectorsCheck(inspection),
    ]


async def examine(
    inspection: Inspection, *, read_originals: bool = True, settle_seconds: float = SETTLE_SECONDS
) -> AsyncIterator[Verdict]:
    """The verdict on each invariant, as soon as it is known.

    Raises `DependencyUnavailable` when database or object storage do not answer; a vector index
    that does not answer is only left out.
    """
    checks = checks_of(inspection, read_originals=read_originals)
    for invariant in Invariant:
        verdict = Verdict(invariant)
        for check in checks:
            if check.invariant is invariant:
                await _run(check, inspection, verdict, settle_seconds)
        yield verdict


async def _run(
    check: Check[Any], inspection: Inspection, verdict: Verdict, settle_seconds: float
) -> None:
    if check.reads_vectors and inspection.vectors is None:
        verdict.not_checked.append(f"The vectors were not checked: {inspection.no_vectors}")
        return
    verdict.checked.setdefault(check.subjects, 0)
    try:
        before = verdict.checked[check.subjects]
        seen = 0
        async for page in check.pages():
            seen += len(page)
            # Checks of the same subjects look at the same ones.
            verdict.checked[check.subjects] = max(before, seen)
            for finding in await confirmed(check, page, settle_seconds):
                verdict.count += 1
                if len(verdict.findings) < _TOLD:
                    verdict.findings.append(finding)
    except DependencyUnavailable as error:
        if error.code is not ErrorCode.VECTORS_UNAVAILABLE:
            raise
        verdict.not_checked.append(f"The {check.subjects} were not all checked: {error.detail}")


async def confirmed(check: Check[Any], page: Sequence[Any], settle_seconds: float) -> list[Finding]:
    """What is wrong with these subjects and still is after a while."""
    first = await check.look(page)
    if not first:
        return []
    await asyncio.sleep(settle_seconds)
    suspected = {(suspicion.key, suspicion.code) for suspicion in first}
    again = await check.look(list(dict.fromkeys(suspicion.key for suspicion in first)))
    return [check.found(s) for s in again if (s.key, s.code) in suspected]
