"""Damage to what keeps order: endings, remains, temporary files, the audit log, guards, counts."""

import os
import shutil
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

from docuvault.db.models import (
    AuditEntry,
    Chunk,
    Counter,
    DocumentTopic,
    StageRecord,
    Topic,
    User,
)
from docuvault.db.types import clock_after
from docuvault.domain.documents import Stage, TopicSource
from tests.integrity.damages import reported_as, stage
from tests.integrity.vaults import LONG_AGO, Patient

# --- what does not come to an end -----------------------------------------------------------------


@reported_as("stage_overlong")
@asynccontextmanager
async def stage_that_never_ends(vault: Patient) -> AsyncIterator[None]:
    running = stage(vault, "running.txt", Stage.EXTRACT)
    async with vault.changed(StageRecord, *running, started_at=clock_after(LONG_AGO)):
        yield


@reported_as("stage_put_off")
@asynccontextmanager
async def stage_put_off_for_a_year(vault: Patient) -> AsyncIterator[None]:
    waiting = stage(vault, "waiting.txt", Stage.EXTRACT)
    async with vault.changed(StageRecord, *waiting, next_run_at=clock_after(365 * 24 * 3600)):
        yield


@reported_as("attempts_exceeded")
@asynccontextmanager
async def stage_that_kills_every_worker(vault: Patient) -> AsyncIterator[None]:
    waiting = stage(vault, "waiting.txt", Stage.EXTRACT)
    async with vault.changed(StageRecord, *waiting, attempts=9, crashes=9):
        yield


@reported_as("attempts_exceeded")
@asynccontextmanager
async def stage_that_fails_without_end(vault: Patient) -> AsyncIterator[None]:
    waiting = stage(vault, "waiting.txt", Stage.EXTRACT)
    async with vault.changed(StageRecord, *waiting, attempts=50, error_code="stage_failed"):
        yield


@reported_as("stage_unknown")
@asynccontextmanager
async def mode_that_does_not_exist(vault: Patient) -> AsyncIterator[None]:
    classified = stage(vault, "letter.pdf", Stage.CLASSIFY)
    async with vault.changed(StageRecord, *classified, mode="lost"):
        yield


# --- what stays of deleted documents --------------------------------------------------------------


@reported_as("remains_left")
@asynccontextmanager
async def stage_of_a_deleted_document(vault: Patient) -> AsyncIterator[None]:
    async with vault.added(
        StageRecord,
        document_id=vault.built.documents["deleted.txt"],
        stage=Stage.EMBED,
        position=2,
    ):
        yield


@reported_as("remains_left")
@asynccontextmanager
async def chunk_of_no_document(vault: Patient) -> AsyncIterator[None]:
    chunk = uuid4()
    await vault.without_foreign_keys(
        'INSERT INTO chunks (id, document_id, ordinal, page, start, "end")'
        " VALUES (%s, %s, 0, 1, 0, 1)",
        chunk.hex,
        uuid4().hex,
    )
    async with vault.inspection.database.writing() as session:
        found = await session.get(Chunk, chunk)
        assert found is not None
    yield
    await vault.without_foreign_keys("DELETE FROM chunks WHERE id = %s", chunk.hex)


@reported_as("temporary_left")
@asynccontextmanager
async def workspace_abandoned(vault: Patient) -> AsyncIterator[None]:
    folder = tempfile.mkdtemp(prefix="docuvault-work-", dir=vault.inspection.workspaces)
    os.utime(folder, (time.time() + LONG_AGO - 1,) * 2)
    yield
    shutil.rmtree(folder)


# --- the audit log and the guards -----------------------------------------------------------------


@asynccontextmanager
async def noted(vault: Patient, **details: Any) -> AsyncIterator[None]:
    async with vault.added(
        AuditEntry, id=99999, owner_id=vault.built.owner_id, action="test.noted", details=details
    ):
        yield


@reported_as("audit_revealing")
@asynccontextmanager
async def password_noted(vault: Patient) -> AsyncIterator[None]:
    async with noted(vault, change={"new_password": "wool"}):
        yield


@reported_as("audit_revealing")
@asynccontextmanager
async def address_with_a_password_noted(vault: Patient) -> AsyncIterator[None]:
    async with noted(vault, fields=["https://me:wool@example.org/"]):
        yield


@reported_as("audit_revealing")
@asynccontextmanager
async def text_noted(vault: Patient) -> AsyncIterator[None]:
    async with noted(vault, title="Dear reader,\nwool is warm."):
        yield


@reported_as("guard_missing")
@asynccontextmanager
async def guard_of_originals_missing(vault: Patient) -> AsyncIterator[None]:
    async with vault.without_trigger("documents_original_kept"):
        yield


@reported_as("guard_missing")
@asynccontextmanager
async def counting_missing(vault: Patient) -> AsyncIterator[None]:
    async with vault.without_trigger("documents_counted_again"):
        yield


# --- counts and topics ----------------------------------------------------------------------------


@reported_as("number_behind")
@asynccontextmanager
async def numbers_given_out_again(vault: Patient) -> AsyncIterator[None]:
    async with vault.changed(Counter, Counter.name == "document", last=1):
        yield


@reported_as("topic_malformed")
@asynccontextmanager
async def topic_found_by_another_name(vault: Patient) -> AsyncIterator[None]:
    async with topic(vault.built.owner_id, vault, name_folded="silk"):
        yield


@asynccontextmanager
async def topic(owner_id: Any, vault: Patient, *, name_folded: str = "wool") -> AsyncIterator[Any]:
    topic_id = uuid4()
    async with vault.added(
        Topic,
        id=topic_id,
        number=0,
        owner_id=owner_id,
        name="Wool",
        name_folded=name_folded,
        color="#000000",
    ):
        yield topic_id


@reported_as("topic_misplaced")
@asynccontextmanager
async def topic_of_somebody_else(vault: Patient) -> AsyncIterator[None]:
    other = uuid4()
    async with (
        vault.added(User, id=other, name="somebody else"),
        topic(other, vault) as topic_id,
        vault.added(
            DocumentTopic,
            document_id=vault.built.documents["letter.pdf"],
            topic_id=topic_id,
            source=TopicSource.USER,
        ),
    ):
        yield
