"""What goes wrong in the middle of an examination is told, and the rest is examined."""

from collections.abc import AsyncIterator, Sequence
from uuid import UUID

import pytest

from docuvault.bootstrap.inspection import open_inspection
from docuvault.cli.doctor import exit_code
from docuvault.domain.errors import DependencyUnavailable, ErrorCode
from docuvault.integrity.base import Suspicion
from docuvault.integrity.doctor import examine, judge
from docuvault.integrity.documents import DocumentsCheck
from docuvault.integrity.findings import Invariant
from docuvault.integrity.verdict import Cause, Verdict
from tests.integrity.damages import sorted_by_another_title, status_that_does_not_exist
from tests.integrity.vaults import Built, Patient, renamed


async def test_a_storage_that_goes_away_costs_only_what_it_holds(embedded_vault: Built) -> None:
    objects = embedded_vault.settings.data_dir / "objects"
    async with (
        open_inspection(embedded_vault.settings) as inspection,
        sorted_by_another_title(Patient(embedded_vault, inspection)),
    ):
        with renamed(objects):
            verdicts = [verdict async for verdict in examine(inspection, settle_seconds=0)]
            assert not objects.exists()

    assert {
        verdict.invariant: [gap.cause for gap in verdict.not_checked]
        for verdict in verdicts
        if verdict.not_checked
    } == {
        Invariant.ORIGINALS: [Cause.UNAVAILABLE],
        Invariant.OBJECTS: [Cause.UNAVAILABLE],
    }
    assert [finding.code for verdict in verdicts for finding in verdict.findings] == [
        "document_malformed"
    ]
    assert exit_code(verdicts) == 1
    assert exit_code([verdict for verdict in verdicts if not verdict.count]) == 69


class BreakingDown(DocumentsCheck):
    """Sees everything and never comes to its end."""

    error: Exception

    async def pages(self) -> AsyncIterator[Sequence[UUID]]:
        async for page in super().pages():
            yield page
        raise self.error


@pytest.mark.parametrize(
    ("error", "cause", "ending"),
    [
        (DependencyUnavailable(ErrorCode.DB_UNAVAILABLE), Cause.UNAVAILABLE, 69),
        (DependencyUnavailable(ErrorCode.VECTORS_UNAVAILABLE), Cause.LEFT_OUT, 3),
        (ValueError("a line of somebody's letter"), Cause.UNEXPECTED, 70),
    ],
)
async def test_what_was_seen_before_a_fault_is_told(
    patient: Patient, error: Exception, cause: Cause, ending: int
) -> None:
    check = BreakingDown(patient.inspection)
    check.error = error
    healthy, damaged = Verdict(check.invariant), Verdict(check.invariant)

    await judge(check, patient.inspection, healthy, 0)
    async with sorted_by_another_title(patient):
        await judge(check, patient.inspection, damaged, 0)

    assert [gap.cause for gap in healthy.not_checked] == [cause]
    assert "letter" not in healthy.not_checked[0].sentence
    assert (healthy.count, exit_code([healthy])) == (0, ending)
    assert [finding.code for finding in damaged.findings] == ["document_malformed"]
    assert exit_code([damaged]) == 1


class OneByOne(DocumentsCheck):
    """A page for each document, and a note of each look."""

    looks: list[Sequence[UUID]]

    async def pages(self) -> AsyncIterator[Sequence[UUID]]:
        async for page in super().pages():
            for key in page:
                yield [key]

    async def look(self, keys: Sequence[UUID]) -> list[Suspicion[UUID]]:
        self.looks.append(keys)
        return await super().look(keys)


async def test_suspicions_of_many_pages_wait_for_their_second_look_together(
    patient: Patient,
) -> None:
    check = OneByOne(patient.inspection)
    check.looks = []
    verdict = Verdict(check.invariant)

    async with sorted_by_another_title(patient), status_that_does_not_exist(patient):
        await judge(check, patient.inspection, verdict, 0)

    documents = verdict.checked["documents"]
    first, second = check.looks[:documents], check.looks[documents:]
    assert verdict.count == len(second) == 2
    assert len({key for [key] in first}) == documents
    assert second == [keys for keys in first if keys in second]
