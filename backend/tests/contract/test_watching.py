"""What health asks the database: the same answers on both."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text, update

from docuvault.db import schema
from docuvault.db.models import StageRecord
from docuvault.db.repositories.backlog import Backlog, read_backlog
from docuvault.db.repositories.canaries import DOCUMENTS_CANARY, CanaryRepository
from docuvault.db.session import Database
from docuvault.db.types import clock_after
from docuvault.domain.documents import Stage, StageState
from docuvault.domain.health import HealthStatus
from docuvault.health.backlog import BacklogReader
from docuvault.health.checks.database import DatabaseHealthCheck
from docuvault.health.checks.queue import QueueHealthCheck
from docuvault.health.checks.worker import WorkerHealthCheck
from docuvault.observability.metrics.prometheus import PrometheusSink
from tests.contract.databases import add_document, open_database, owner_of
from tests.servers.postgres import PostgresServer


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.services)])
async def database(
    request: pytest.FixtureRequest, tmp_path: Path, postgres: PostgresServer
) -> AsyncIterator[Database]:
    async with open_database(request.param, tmp_path, postgres) as database:
        yield database


async def document(database: Database) -> UUID:
    """A document whose first stage is due."""
    owner_id = await owner_of(database)
    async with database.writing() as session:
        return await add_document(session, owner_id, [])


async def change(database: Database, stage: Stage, **values: Any) -> None:
    async with database.writing() as session:
        await session.execute(
            update(StageRecord).where(StageRecord.stage == stage).values(**values)
        )


async def look(database: Database) -> Backlog:
    async with database.reading() as session:
        return await read_backlog(session)


async def test_an_empty_vault_has_no_backlog(database: Database) -> None:
    backlog = await look(database)

    assert (backlog.waiting, backlog.running, backlog.failed) == (0, 0, 0)
    assert backlog.oldest_seconds == 0
    assert {backlog.worked_at, backlog.lease_until, backlog.sent_at, backlog.seen_at} == {None}
    assert backlog.now.tzinfo is not None


async def test_what_is_due_runs_and_has_failed_is_counted(database: Database) -> None:
    await document(database)
    await document(database)
    await change(database, Stage.EXTRACT, next_run_at=clock_after(-90))
    await change(database, Stage.CLASSIFY, next_run_at=clock_after(90))
    waiting = await look(database)
    assert (waiting.waiting, waiting.running, waiting.failed) == (2, 0, 0)
    assert 90 <= waiting.oldest_seconds < 120

    await change(
        database,
        Stage.EXTRACT,
        state=StageState.RUNNING,
        lease_until=clock_after(60),
        next_run_at=None,
    )
    await change(database, Stage.EMBED, state=StageState.FAILED, finished_at=clock_after(-30))
    at_work = await look(database)
    assert (at_work.waiting, at_work.running, at_work.failed) == (0, 2, 2)
    # What is due later waits for nobody.
    assert at_work.oldest_seconds == 0
    assert at_work.lease_until is not None
    assert timedelta(seconds=50) < at_work.lease_until - at_work.now <= timedelta(seconds=60)
    assert at_work.worked_at is not None
    assert timedelta(seconds=29) < at_work.now - at_work.worked_at < timedelta(seconds=60)


async def test_canaries_are_noted(database: Database) -> None:
    async with database.writing() as session:
        canaries = CanaryRepository(session)
        assert await canaries.is_due(DOCUMENTS_CANARY, 60)
        await canaries.note_sent(DOCUMENTS_CANARY)
        assert not await canaries.is_due(DOCUMENTS_CANARY, 60)
        assert await canaries.is_due(DOCUMENTS_CANARY, 0)
        assert await canaries.is_due("another", 60)
    sent = await look(database)
    assert sent.sent_at is not None
    assert sent.seen_at is None

    async with database.writing() as session:
        await CanaryRepository(session).note_seen(DOCUMENTS_CANARY)
    seen = await look(database)
    assert seen.sent_at == sent.sent_at
    assert seen.seen_at is not None
    assert seen.seen_at >= seen.sent_at


async def test_a_canary_may_be_seen_by_many_at_once(database: Database) -> None:
    async def see() -> None:
        async with database.writing(brief=True) as session:
            await CanaryRepository(session).note_seen(DOCUMENTS_CANARY)

    await asyncio.gather(*(see() for _ in range(8)))

    assert (await look(database)).seen_at is not None


async def ask_queue(database: Database, sink: PrometheusSink) -> tuple[HealthStatus, str]:
    check = QueueHealthCheck(BacklogReader(database), sink, backlog_seconds=900, timeout_seconds=5)
    result = await check.check()
    return result.status, result.message


async def test_work_that_waits_for_too_long_is_told(database: Database) -> None:
    sink = PrometheusSink()
    await document(database)
    assert await ask_queue(database, sink) == (HealthStatus.HEALTHY, "Works.")

    await change(database, Stage.EXTRACT, next_run_at=clock_after(-1200))

    status, message = await ask_queue(database, sink)
    assert status is HealthStatus.DEGRADED
    assert message.startswith("1 step waits, the oldest for 20 minutes:")
    told = (sink.render()[0]).decode()
    assert "queue_waiting 1.0" in told
    assert "queue_oldest_seconds 12" in told


async def ask_worker(database: Database, *, patient: bool = False) -> tuple[HealthStatus, str]:
    check = WorkerHealthCheck(
        BacklogReader(database),
        canary_seconds=60,
        lease_seconds=120,
        timeout_seconds=5,
        patient=patient,
    )
    result = await check.check()
    return result.status, result.message


async def test_a_vault_without_workers_says_so(database: Database) -> None:
    """A document "queued" for ever because no worker runs, and nothing says so."""
    await document(database)

    assert await ask_worker(database) == (
        HealthStatus.DEGRADED,
        "No worker has answered yet; 1 step waits: new documents are stored, but not read.",
    )
    # A process that has only just started gives them time to start too.
    assert (await ask_worker(database, patient=True))[0] is HealthStatus.HEALTHY


async def test_every_sign_of_life_counts(database: Database) -> None:
    await document(database)
    for values in (
        {"finished_at": clock_after(-170)},
        {"state": StageState.RUNNING, "lease_until": clock_after(-50), "finished_at": None},
    ):
        await change(database, Stage.EXTRACT, **values)
        assert (await ask_worker(database))[0] is HealthStatus.HEALTHY, values

    # Its last sign of life is as old as the lease was long, and longer.
    await change(database, Stage.EXTRACT, lease_until=clock_after(-70))
    status, message = await ask_worker(database)
    assert status is HealthStatus.DEGRADED
    assert message.startswith("No worker has answered since 20")
    assert " UTC" in message

    async with database.writing() as session:
        await CanaryRepository(session).note_seen(DOCUMENTS_CANARY)
    assert (await ask_worker(database))[0] is HealthStatus.HEALTHY


async def test_tables_of_another_version_are_told(database: Database) -> None:
    check = DatabaseHealthCheck(database, timeout_seconds=5)
    assert (await check.check()).status is HealthStatus.HEALTHY
    async with database.writing() as session:
        await session.execute(text("UPDATE alembic_version SET version_num = '0001'"))

    ill = await check.check()

    assert ill.status is HealthStatus.UNHEALTHY
    assert "docuvault db upgrade" in ill.message
    assert schema.newest_revision() != "0001"


async def test_without_tables_nothing_works(database: Database) -> None:
    check = DatabaseHealthCheck(database, timeout_seconds=5)
    async with database.writing() as session:
        await session.execute(text("DROP TABLE alembic_version"))

    ill = await check.check()

    assert (ill.status, ill.critical) == (HealthStatus.UNHEALTHY, True)
    assert ill.message.endswith(" Nothing can be stored, listed or searched.")
