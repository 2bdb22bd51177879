"""Every damage is planted and reported, on both assemblies, and a healthy vault is clean."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from uuid import UUID

import pytest

from docuvault.db.models import Document, StageRecord
from docuvault.db.types import clock_after
from docuvault.domain.documents import Stage, StageState
from docuvault.domain.modes import Mode
from docuvault.integrity import doctor
from docuvault.integrity.base import Suspicion
from docuvault.integrity.findings import FindingCode
from docuvault.integrity.originals import OriginalsCheck
from tests.integrity.damages import (
    DAMAGES,
    Damage,
    bit_flipped,
    deletion_forgotten,
    nobody_works,
    object_deleted,
    object_truncated,
    stage,
    upload_never_cleared_away,
    vector_added,
    vector_of_an_older_reading,
)
from tests.integrity.housekeeping_damages import noted
from tests.integrity.vaults import FILES, LONG_AGO, Patient


async def test_a_healthy_vault_is_clean(patient: Patient) -> None:
    assert await patient.codes() == []


@pytest.mark.parametrize("name", DAMAGES)
async def test_a_planted_damage_is_reported_and_nothing_else(patient: Patient, name: str) -> None:
    damage, codes = DAMAGES[name]

    # What is not undone is found by the tests that follow.
    async with damage(patient):
        assert await patient.codes() == codes


def test_every_damage_of_the_catalogue_is_planted() -> None:
    planted = {code for _, codes in DAMAGES.values() for code in codes}

    # A damaged database serves no further test: `test_database.py` damages copies.
    assert planted == set(FindingCode) - {FindingCode.DATABASE_DAMAGED}


async def test_sizes_alone_are_compared_when_bytes_are_not_to_be_read(patient: Patient) -> None:
    async with bit_flipped(patient):
        assert await patient.codes(read_originals=False) == []
    async with object_truncated(patient):
        assert await patient.codes(read_originals=False) == ["original_size"]
    async with object_deleted(patient):
        assert await patient.codes(read_originals=False) == ["original_missing"]


async def test_a_long_queue_is_no_fault_while_somebody_works(patient: Patient) -> None:
    waiting = stage(patient, "waiting.txt", Stage.EXTRACT)
    deleted = Document.id == patient.built.documents["deleted.txt"]
    async with (
        patient.changed(StageRecord, *waiting, next_run_at=clock_after(LONG_AGO)),
        patient.changed(Document, deleted, deleted_at=clock_after(LONG_AGO)),
    ):
        assert await patient.codes() == []


@pytest.mark.parametrize("damage", [nobody_works, deletion_forgotten, upload_never_cleared_away])
async def test_nobody_is_blamed_while_the_embedded_server_is_stopped(
    patient: Patient, damage: Damage
) -> None:
    stopped = Patient(patient.built, replace(patient.inspection, is_worked_on=False))
    async with damage(patient):
        assert await stopped.codes() == []


async def test_what_a_document_that_is_read_again_leaves_behind_is_no_fault(
    patient: Patient,
) -> None:
    """Until its new vectors are there, those of the reading before stay and are found."""
    async with (
        vector_of_an_older_reading(patient),
        patient.changed(
            StageRecord,
            *stage(patient, "letter.pdf", Stage.EMBED),
            state=StageState.PENDING,
            next_run_at=clock_after(0),
        ),
        patient.changed(
            Document,
            Document.id == patient.built.documents["letter.pdf"],
            status="processing",
        ),
    ):
        assert await patient.codes() == []


async def test_what_a_reading_that_failed_left_in_the_index_is_no_fault(patient: Patient) -> None:
    """It has no row, so no search shows it; the next reading or the deletion removes it."""
    async with vector_added(patient, patient.built.documents["broken.pdf"]):
        assert await patient.codes() == []


async def test_a_result_that_waits_to_be_completed_is_healthy(patient: Patient) -> None:
    async with patient.changed(
        StageRecord,
        *stage(patient, "letter.pdf", Stage.CLASSIFY),
        mode=Mode.HEURISTIC,
        next_run_at=clock_after(60),
        completions=1,
    ):
        assert await patient.codes() == []


async def test_what_acts_are_noted_with_is_no_secret(patient: Patient) -> None:
    async with noted(patient, fields=["title", "topics"], sha256="a" * 64, size_bytes=12):
        assert await patient.codes() == []


class Healing(OriginalsCheck):
    """What is wrong at the first look has moved on by the second."""

    heal: Callable[[], Awaitable[object]]

    async def look(self, keys: Sequence[UUID]) -> list[Suspicion[UUID]]:
        found = await super().look(keys)
        await self.heal()
        return found


async def test_what_moves_on_before_the_second_look_is_no_finding(patient: Patient) -> None:
    document = await patient.document("letter.pdf")
    check = Healing(patient.inspection, read_bytes=True)

    async with patient.stored(document.object_key, None):
        looks = []

        async def put_back() -> None:
            looks.append(1)
            await patient.set_object(document.object_key, FILES["letter.pdf"])

        check.heal = put_back
        suspicions = await check.look([document.id])
        assert [suspicion.code for suspicion in suspicions] == ["original_missing"]
        assert await doctor.confirmed(check, suspicions) == []
        assert len(looks) == 2
