"""One stage of one document: whatever goes wrong, its row tells the truth."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, nullcontext, suppress
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select, update

from docuvault.db.models import Chunk, StageRecord
from docuvault.db.repositories.deletions import DeletionRepository
from docuvault.db.repositories.stages import StageRepository
from docuvault.db.session import AsyncSession
from docuvault.db.types import clock_after
from docuvault.domain.documents import (
    STAGE_ORDER,
    DocumentStatus,
    Stage,
    StageState,
    derive_status,
)
from docuvault.domain.errors import (
    SENTENCES,
    DependencyUnavailable,
    ErrorCode,
    InsufficientStorage,
    NotFound,
    ProcessingFailed,
)
from docuvault.events.base import Event
from docuvault.pipeline import process
from docuvault.search.vectors.base import VectorFilter, VectorPoint
from tests.unit.pipeline.workshop import Outside, Workshop, hanging, raising

EXTRACT, CLASSIFY, EMBED = STAGE_ORDER
AWAY = DependencyUnavailable(ErrorCode.AI_UNAVAILABLE)
BROKEN = ProcessingFailed(ErrorCode.CORRUPT_FILE)


def part_of(shop: Workshop, stage: Stage) -> Outside:
    """The part that makes this stage fail; classification fails only where nobody can classify."""
    if stage is CLASSIFY:
        shop.classifier.trouble = raising(AWAY)
    return {EXTRACT: shop.extractor, CLASSIFY: shop.local_classifier, EMBED: shop.embedder}[stage]


async def ready_for(shop: Workshop, stage: Stage) -> UUID:
    """A document whose earlier stages are done."""
    await shop.topic()
    document_id = await shop.document()
    await shop.run(document_id, *STAGE_ORDER[: STAGE_ORDER.index(stage)])
    if stage is EMBED:
        # What classification has embedded already would not be asked for again.
        async with shop.database.writing() as session:
            await session.execute(update(Chunk).values(embedding=None, embedding_model=None))
        shop.embedder.calls = 0
    shop.queue.sent.clear()
    shop.events.told.clear()
    return document_id


# --- what goes well -------------------------------------------------------------------------------


async def test_a_document_goes_through_all_stages(shop: Workshop) -> None:
    topic = await shop.topic()
    document_id = await shop.document("Some words about wool.")

    for stage in STAGE_ORDER:
        await shop.run(document_id, stage)

    document = await shop.look(document_id)
    assert document.status == DocumentStatus.READY
    assert [record.state for record in document.stages] == ["done", "done", "done"]
    assert [link.topic_id for link in document.topics] == [topic]
    assert (document.page_count, document.character_count) == (1, 22)
    assert document.details["metadata"] == {"title": "Told"}
    assert await shop.vectors.count() == 1
    assert shop.sent() == [(document_id, CLASSIFY), (document_id, EMBED)]
    assert shop.events.told == [Event(shop.owner_id, "document", document_id)] * 6
    assert [record.result.get("chunks") for record in document.stages] == [1, None, 1]


async def test_repeated_and_early_hints_change_nothing(shop: Workshop) -> None:
    document_id = await shop.document()
    await shop.run(document_id, EMBED, CLASSIFY)
    assert await shop.states(document_id) == ["pending", "pending", "pending"]

    for stage in STAGE_ORDER:
        await shop.run(document_id, stage, stage, *STAGE_ORDER)
    before = await shop.look(document_id)
    await shop.run(document_id, *STAGE_ORDER, *reversed(STAGE_ORDER))

    after = await shop.look(document_id)
    assert after.status == DocumentStatus.READY
    assert [record.attempts for record in after.stages] == [1, 1, 1]
    assert after.updated_at == before.updated_at
    assert shop.extractor.calls == 1


async def test_a_hint_for_nothing_is_no_fault(shop: Workshop) -> None:
    await shop.run(uuid4(), EXTRACT)

    assert shop.events.told == []


async def test_two_runners_do_a_stage_once(shop: Workshop) -> None:
    document_id = await shop.document()
    entered, go_on = asyncio.Event(), asyncio.Event()

    async def slowly() -> None:
        entered.set()
        await go_on.wait()

    shop.extractor.trouble = slowly
    first = asyncio.create_task(shop.run(document_id, EXTRACT))
    await entered.wait()
    await shop.run(document_id, EXTRACT)
    go_on.set()
    await first

    assert shop.extractor.calls == 1
    assert (await shop.row(document_id, EXTRACT)).attempts == 1


async def test_a_document_that_wants_no_topics_is_not_shown_to_a_classifier(shop: Workshop) -> None:
    await shop.topic()
    document_id = await shop.document(auto_classify=False)

    await shop.run(document_id, EXTRACT, CLASSIFY, EMBED)

    assert shop.classifier.calls == 0
    assert await shop.states(document_id) == ["done", "skipped", "done"]
    assert (await shop.look(document_id)).status == DocumentStatus.READY


async def test_without_topics_there_is_nothing_to_choose(shop: Workshop) -> None:
    document_id = await shop.document()

    await shop.run(document_id, EXTRACT, CLASSIFY)

    row = await shop.row(document_id, CLASSIFY)
    assert (row.state, row.error_code, row.error_detail) == (
        "skipped",
        "no_topics",
        SENTENCES[ErrorCode.NO_TOPICS],
    )


# --- what goes wrong ------------------------------------------------------------------------------


@pytest.mark.parametrize("stage", STAGE_ORDER)
@pytest.mark.parametrize(
    "error",
    [
        AWAY,
        DependencyUnavailable(ErrorCode.STORAGE_UNAVAILABLE, "Gone fishing."),
        InsufficientStorage(ErrorCode.INSUFFICIENT_STORAGE),
    ],
)
async def test_what_may_pass_is_tried_again_later(
    shop: Workshop, stage: Stage, error: DependencyUnavailable
) -> None:
    document_id = await ready_for(shop, stage)
    part_of(shop, stage).trouble = raising(error)

    await shop.run(document_id, stage)

    row = await shop.row(document_id, stage)
    assert (row.state, row.error_code, row.error_detail) == ("pending", error.code, error.detail)
    assert (row.attempts, row.lease_token) == (1, None)
    # Classification that has to wait keeps no document out of the index.
    assert shop.sent() == ([(document_id, EMBED)] if stage is CLASSIFY else [])
    assert (await shop.look(document_id)).status in {
        DocumentStatus.PENDING,
        DocumentStatus.PROCESSING,
    }

    part_of(shop, stage).trouble = raising(AWAY)
    for _ in range(10):
        await shop.make_due()
        await shop.run(document_id, stage)
    assert (await shop.row(document_id, stage)).state == "pending", "the outage may last"

    part_of(shop, stage).trouble = none_at_all
    await shop.make_due()
    await shop.run(document_id, stage)
    row = await shop.row(document_id, stage)
    assert (row.state, row.error_code, row.error_detail) == ("done", None, None)


async def none_at_all() -> None:
    """No trouble any more."""


async def test_each_wait_is_four_times_longer_up_to_a_limit(shop: Workshop) -> None:
    document_id = await shop.document()
    shop.extractor.trouble = raising(AWAY)

    waits = []
    for _ in range(6):
        await shop.make_due()
        await shop.run(document_id, EXTRACT)
        row = await shop.row(document_id, EXTRACT)
        assert row.next_run_at is not None
        assert row.started_at is not None
        waits.append(round((row.next_run_at - row.started_at).total_seconds()))

    assert waits == [10, 40, 160, 300, 300, 300]


@pytest.mark.parametrize(
    ("stage", "states", "status", "following"),
    [
        (EXTRACT, ["failed", "skipped", "skipped"], DocumentStatus.FAILED, None),
        (CLASSIFY, ["done", "failed", "pending"], DocumentStatus.PROCESSING, EMBED),
        (EMBED, ["done", "done", "failed"], DocumentStatus.FAILED, None),
    ],
)
@pytest.mark.parametrize("error", [BROKEN, NotFound(ErrorCode.STORAGE_OBJECT_MISSING)])
async def test_what_will_not_pass_fails_at_once(
    shop: Workshop,
    stage: Stage,
    states: list[str],
    status: DocumentStatus,
    following: Stage | None,
    error: ProcessingFailed,
) -> None:
    document_id = await ready_for(shop, stage)
    part_of(shop, stage).trouble = raising(error)

    await shop.run(document_id, stage)

    assert await shop.states(document_id) == states
    document = await shop.look(document_id)
    assert document.status == status
    row = await shop.row(document_id, stage)
    assert (row.attempts, row.error_code, row.error_detail) == (1, error.code, error.detail)
    assert shop.sent() == ([(document_id, following)] if following else [])
    if stage is EXTRACT:
        assert [record.error_code for record in document.stages[1:]] == ["no_text", "no_text"]


async def test_a_failed_classification_leaves_a_document_that_is_found(shop: Workshop) -> None:
    document_id = await ready_for(shop, CLASSIFY)
    part_of(shop, CLASSIFY).trouble = raising(BROKEN)

    await shop.run(document_id, CLASSIFY, EMBED)

    assert await shop.states(document_id) == ["done", "failed", "done"]
    assert (await shop.look(document_id)).status == DocumentStatus.READY
    assert await shop.vectors.count() == 1


@pytest.mark.parametrize("stage", STAGE_ORDER)
async def test_what_nobody_foresaw_is_tried_a_few_times(shop: Workshop, stage: Stage) -> None:
    document_id = await ready_for(shop, stage)
    part_of(shop, stage).trouble = raising(ZeroDivisionError("tr0ub4dor"))

    seen = []
    for _ in range(4):
        await shop.make_due()
        await shop.run(document_id, stage)
        row = await shop.row(document_id, stage)
        seen.append((row.state, row.attempts))

    assert seen == [("pending", 1), ("pending", 2), ("failed", 3), ("failed", 3)]
    assert (row.error_code, row.error_detail) == (
        "stage_failed",
        SENTENCES[ErrorCode.STAGE_FAILED],
    )
    assert part_of(shop, stage).calls == 3


async def test_a_fault_while_the_result_is_written_is_no_crash(
    shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    document_id = await ready_for(shop, EMBED)
    fault = raising(ZeroDivisionError("tr0ub4dor"))
    monkeypatch.setattr(StageRepository, "finish", lambda *_, **__: fault())

    await shop.run(document_id, EMBED)

    row = await shop.row(document_id, EMBED)
    assert (row.state, row.attempts, row.crashes) == ("pending", 1, 0)
    assert (row.lease_token, row.error_code) == (None, "stage_failed")


@pytest.mark.parametrize("stage", STAGE_ORDER)
async def test_a_stage_that_hangs_is_stopped(shop: Workshop, stage: Stage) -> None:
    document_id = await ready_for(shop, stage)
    part_of(shop, stage).trouble = hanging

    seen = []
    for _ in range(3):
        await shop.make_due()
        await shop.run(document_id, stage, stage_seconds=0.2)
        row = await shop.row(document_id, stage)
        seen.append((row.state, row.error_code))

    assert seen == [
        ("pending", "stage_failed"),
        ("pending", "stage_failed"),
        ("failed", "stage_failed"),
    ]
    assert row.error_detail == "This step took too long and was stopped."


async def test_a_stage_that_works_keeps_its_lease(shop: Workshop) -> None:
    document_id = await shop.document()

    async def longer_than_the_lease() -> None:
        for _ in range(10):
            await asyncio.sleep(0.1)
            await shop.run(document_id, EXTRACT)

    shop.extractor.trouble = longer_than_the_lease
    await shop.run(document_id, EXTRACT, lease_seconds=0.4, heartbeat_seconds=0.05)

    row = await shop.row(document_id, EXTRACT)
    assert (row.state, row.attempts, row.crashes) == ("done", 1, 0)


@pytest.mark.parametrize("stage", STAGE_ORDER)
async def test_a_stage_that_kills_its_workers_is_given_up(shop: Workshop, stage: Stage) -> None:
    document_id = await ready_for(shop, stage)
    for _ in range(2):
        async with shop.database.writing() as session:
            assert await StageRepository(session).claim(document_id, stage, 60)
        await shop.expire_leases()

    await shop.run(document_id, stage)

    row = await shop.row(document_id, stage)
    assert (row.state, row.error_code, row.attempts, row.crashes) == ("failed", "worker_died", 3, 2)
    assert row.error_detail == SENTENCES[ErrorCode.WORKER_DIED]
    assert part_of(shop, stage).calls == 0


async def test_one_death_is_forgiven(shop: Workshop) -> None:
    document_id = await shop.document()
    async with shop.database.writing() as session:
        assert await StageRepository(session).claim(document_id, EXTRACT, -1)

    await shop.run(document_id, EXTRACT)

    row = await shop.row(document_id, EXTRACT)
    assert (row.state, row.attempts, row.crashes) == ("done", 2, 0)


async def stopped(shop: Workshop, document_id: UUID, stage: Stage) -> None:
    """Run a stage and stop it in the middle, as the end of the process does."""
    entered = asyncio.Event()

    async def hang() -> None:
        entered.set()
        await hanging()

    part_of(shop, stage).trouble = hang
    task = asyncio.create_task(shop.run(document_id, stage))
    await entered.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    part_of(shop, stage).trouble = none_at_all


@pytest.mark.parametrize("stage", STAGE_ORDER)
async def test_being_stopped_is_not_dying(shop: Workshop, stage: Stage) -> None:
    document_id = await ready_for(shop, stage)
    for _ in range(4):
        await stopped(shop, document_id, stage)

        row = await shop.row(document_id, stage)
        assert (row.state, row.attempts, row.crashes) == ("pending", 0, 0)
        assert (row.lease_token, row.error_code) == (None, None)
        document = await shop.look(document_id)
        states = {Stage(one.stage): StageState(one.state) for one in document.stages}
        assert document.status == derive_status(states)

    await shop.run(document_id, stage)
    row = await shop.row(document_id, stage)
    assert (row.state, row.attempts) == ("done", 1)


async def test_being_stopped_without_a_database_leaves_the_lease_to_run_out(
    shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    document_id = await shop.document()
    entered = asyncio.Event()

    @asynccontextmanager
    async def away() -> AsyncIterator[AsyncSession]:
        raise DependencyUnavailable(ErrorCode.DB_UNAVAILABLE)
        yield  # type: ignore[unreachable]

    async def hang() -> None:
        entered.set()
        await hanging()

    shop.extractor.trouble = hang
    task = asyncio.create_task(shop.run(document_id, EXTRACT))
    await entered.wait()
    with monkeypatch.context() as outage:
        outage.setattr(shop.database, "writing", away)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task

    row = await shop.row(document_id, EXTRACT)
    assert (row.state, row.attempts) == ("running", 1)
    lease_until = row.lease_until
    await asyncio.sleep(0.1)
    assert (await shop.row(document_id, EXTRACT)).lease_until == lease_until, "no heart beats on"


async def test_a_document_is_found_while_no_classifier_works(shop: Workshop) -> None:
    document_id = await ready_for(shop, CLASSIFY)
    part_of(shop, CLASSIFY).trouble = raising(AWAY)
    await shop.run(document_id, CLASSIFY, EMBED)
    assert await shop.states(document_id) == ["done", "pending", "done"]
    assert await shop.vectors.count() == 1

    shop.classifier.trouble = none_at_all
    await shop.make_due()
    await shop.run(document_id, CLASSIFY)
    assert shop.sent()[-1] == (document_id, EMBED), "the index learns the topics"
    await shop.run(document_id, EMBED)

    assert await shop.states(document_id) == ["done", "done", "done"]
    assert (await shop.look(document_id)).status == DocumentStatus.READY


# --- losing the lease -----------------------------------------------------------------------------


@pytest.mark.parametrize("stage", STAGE_ORDER)
async def test_whoever_loses_the_lease_stops_and_writes_nothing(
    shop: Workshop, stage: Stage
) -> None:
    document_id = await ready_for(shop, stage)
    part = part_of(shop, stage)

    async def be_overtaken() -> None:
        part.trouble = none_at_all
        # At once, lest the heart of the first one beat in between.
        async with shop.database.writing() as session:
            await session.execute(update(StageRecord).values(lease_until=clock_after(-60)))
            assert await StageRepository(session).claim(document_id, stage, 60)
        await hanging()

    part.trouble = be_overtaken
    started = time.monotonic()
    await shop.run(document_id, stage)

    assert time.monotonic() - started < 5, "it did not wait for the end of its time"
    row = await shop.row(document_id, stage)
    assert (row.state, row.attempts, row.error_code, row.result) == ("running", 2, None, {})
    assert shop.sent() == []


async def test_being_stopped_while_losing_the_lease_is_still_being_stopped(
    shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else the one who waits for the end of the process would wait for ever."""
    document_id = await shop.document()

    async def be_stopped_as_well() -> None:
        try:
            await hanging()
        except asyncio.CancelledError:
            task.cancel()
            # Both ask at once, and the task hears of it once.
            with suppress(asyncio.CancelledError):
                await asyncio.sleep(0)
            raise

    async def lose(*_: object) -> bool:
        return False

    monkeypatch.setattr(StageRepository, "renew", lose)
    shop.extractor.trouble = be_stopped_as_well
    task = asyncio.create_task(shop.run(document_id, EXTRACT))

    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_late_worker_does_not_reach_the_index(shop: Workshop) -> None:
    document_id = await ready_for(shop, EMBED)

    async def be_overtaken() -> None:
        shop.embedder.trouble = none_at_all
        async with shop.database.writing() as session:
            await StageRepository(session).reopen(document_id, STAGE_ORDER)
        await shop.run(document_id, *STAGE_ORDER)

    shop.embedder.trouble = be_overtaken
    await shop.run(document_id, EMBED, heartbeat_seconds=20)

    assert await shop.states(document_id) == ["done", "done", "done"]
    async with shop.database.reading() as session:
        chunks = set(await session.scalars(select(Chunk.id)))
    [vector] = await shop.embedder.embed(["anything"])
    indexed = await shop.vectors.search(
        VectorFilter(shop.owner_id), dense=vector, sparse=None, limit=10
    )
    assert {hit.chunk_id for hit in indexed.dense} == chunks, "the chunks of the second reading"


@pytest.mark.parametrize("stopped", [False, True])
async def test_a_document_that_is_deleted_behind_the_last_look_leaves_nothing(
    shop: Workshop, monkeypatch: pytest.MonkeyPatch, stopped: bool
) -> None:
    document_id = await ready_for(shop, EMBED)
    upsert = shop.vectors.upsert

    async def be_deleted_meanwhile(points: Sequence[VectorPoint]) -> None:
        async with shop.database.writing() as session:
            assert await DeletionRepository(session, shop.owner_id).hide(document_id)
        await shop.maintenance().purge(document_id)
        await upsert(points)
        if stopped:
            raise asyncio.CancelledError

    monkeypatch.setattr(shop.vectors, "upsert", be_deleted_meanwhile)
    with pytest.raises(asyncio.CancelledError) if stopped else nullcontext():
        await shop.run(document_id, EMBED, heartbeat_seconds=20)

    assert await shop.vectors.count() == 0


async def test_a_late_result_is_fenced_out(shop: Workshop) -> None:
    """The heart has not noticed yet when the work is done."""
    document_id = await shop.document("the first reading")

    async def be_reopened() -> None:
        shop.extractor.trouble = none_at_all
        async with shop.database.writing() as session:
            await StageRepository(session).reopen(document_id, STAGE_ORDER)

    shop.extractor.trouble = be_reopened
    await shop.run(document_id, EXTRACT, heartbeat_seconds=20)

    row = await shop.row(document_id, EXTRACT)
    assert (row.state, row.attempts, row.generation) == ("pending", 0, 2)
    assert (await shop.look(document_id)).page_count is None
    await shop.run(document_id, EXTRACT)
    assert (await shop.row(document_id, EXTRACT)).state == "done"


@pytest.mark.parametrize("error", [AWAY, BROKEN, ZeroDivisionError("x")])
async def test_a_late_failure_is_fenced_out(shop: Workshop, error: Exception) -> None:
    document_id = await shop.document()

    async def fail_late() -> None:
        async with shop.database.writing() as session:
            await StageRepository(session).reopen(document_id, STAGE_ORDER)
        raise error

    shop.extractor.trouble = fail_late
    await shop.run(document_id, EXTRACT, heartbeat_seconds=20)

    row = await shop.row(document_id, EXTRACT)
    assert (row.state, row.error_code, row.attempts) == ("pending", None, 0)


@pytest.mark.parametrize("stage", STAGE_ORDER)
@pytest.mark.parametrize("heartbeat", [0.02, 20])
async def test_deleting_during_a_stage_leaves_nothing_in_the_index(
    shop: Workshop, stage: Stage, heartbeat: float
) -> None:
    document_id = await ready_for(shop, stage)
    part = part_of(shop, stage)

    async def be_deleted() -> None:
        part.trouble = none_at_all
        async with shop.database.writing() as session:
            assert await DeletionRepository(session, shop.owner_id).hide(document_id)

    part.trouble = be_deleted
    await shop.run(document_id, stage, heartbeat_seconds=heartbeat)

    assert await shop.vectors.count() == 0
    assert shop.sent() == []
    assert await shop.maintenance().sweep() == 0


# --- the database is away -------------------------------------------------------------------------


@pytest.mark.parametrize("error", [None, AWAY, BROKEN])
async def test_a_result_waits_for_a_database_that_is_away(
    shop: Workshop, monkeypatch: pytest.MonkeyPatch, error: Exception | None
) -> None:
    """Not writing it would look like the death of the worker."""
    monkeypatch.setattr(process, "_REWRITE_SECONDS", 0.02)
    document_id = await shop.document()
    writing, refused = shop.database.writing, 0

    @asynccontextmanager
    async def away() -> AsyncIterator[AsyncSession]:
        nonlocal refused
        refused += 1
        if refused > 3:
            monkeypatch.setattr(shop.database, "writing", writing)
        raise DependencyUnavailable(ErrorCode.DB_UNAVAILABLE)
        yield  # type: ignore[unreachable]

    async def lose_the_database() -> None:
        monkeypatch.setattr(shop.database, "writing", away)
        if error:
            raise error

    shop.extractor.trouble = lose_the_database
    await shop.run(document_id, EXTRACT, heartbeat_seconds=20)

    assert refused > 3
    row = await shop.row(document_id, EXTRACT)
    expected = {None: "done", AWAY: "pending", BROKEN: "failed"}[error]  # type: ignore[index]
    assert (row.state, row.attempts, row.crashes) == (expected, 1, 0)


async def test_a_database_that_stays_away_is_not_waited_for_beyond_the_lease(
    shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(process, "_REWRITE_SECONDS", 0.02)
    document_id = await shop.document()

    @asynccontextmanager
    async def away() -> AsyncIterator[AsyncSession]:
        raise DependencyUnavailable(ErrorCode.DB_UNAVAILABLE)
        yield  # type: ignore[unreachable]

    async def lose_the_database() -> None:
        monkeypatch.setattr(shop.database, "writing", away)

    shop.extractor.trouble = lose_the_database
    with pytest.raises(DependencyUnavailable):
        await shop.run(document_id, EXTRACT, heartbeat_seconds=20, lease_seconds=0.2)

    assert (await shop.row(document_id, EXTRACT)).state == "running"
