"""Stage records: on both databases one worker has a stage, and only its result counts."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import case, select, update

from docuvault.db.models import Document, StageRecord
from docuvault.db.repositories.deletions import DeletionRepository
from docuvault.db.repositories.documents import DocumentRepository, NewDocument
from docuvault.db.repositories.indexed import IndexedRepository
from docuvault.db.repositories.stages import Claim, StageRepository
from docuvault.db.repositories.texts import TextRepository
from docuvault.db.session import AsyncSession, Database
from docuvault.db.types import clock_after, clock_now
from docuvault.domain.documents import (
    STAGE_ORDER,
    TERMINAL_STATES,
    DocumentStatus,
    Stage,
    StageState,
    derive_status,
)
from docuvault.domain.errors import SENTENCES, ErrorCode
from tests.contract.databases import open_database, owner_of
from tests.servers.postgres import PostgresServer

EXTRACT, CLASSIFY, EMBED = STAGE_ORDER
PENDING, RUNNING, DONE = StageState.PENDING, StageState.RUNNING, StageState.DONE
SKIPPED, FAILED = StageState.SKIPPED, StageState.FAILED
LEASE = 60.0
EXPIRED = -1.0


class Desk:
    """What workers and the sweeper do, each in a transaction of its own."""

    def __init__(self, database: Database, owner_id: UUID) -> None:
        self.database = database
        self.owner_id = owner_id

    async def document(self, *, auto_classify: bool = True) -> UUID:
        document_id = uuid4()
        async with self.database.writing() as session:
            await DocumentRepository(session, self.owner_id).add(
                NewDocument(
                    id=document_id,
                    title="A title",
                    original_name="a.txt",
                    media_type="text/plain",
                    size_bytes=1,
                    sha256=uuid4().hex * 2,
                    object_key=str(uuid4()),
                    auto_classify=auto_classify,
                )
            )
        return document_id

    async def do(self, method: str, *arguments: Any, **named: Any) -> Any:
        async with self.database.writing() as session:
            return await getattr(StageRepository(session), method)(*arguments, **named)

    async def claim(
        self, document_id: UUID, stage: Stage = EXTRACT, lease: float = LEASE
    ) -> Claim | None:
        claim: Claim | None = await self.do("claim", document_id, stage, lease)
        return claim

    async def claimed(
        self, document_id: UUID, stage: Stage = EXTRACT, lease: float = LEASE
    ) -> Claim:
        claim = await self.claim(document_id, stage, lease)
        assert claim is not None
        return claim

    async def finish(
        self, claim: Claim, state: StageState = DONE, result: dict[str, Any] | None = None
    ) -> bool:
        done: bool = await self.do("finish", claim, state, code=None, result=result or {})
        return done

    async def complete(self, document_id: UUID, stages: Sequence[Stage] = STAGE_ORDER) -> None:
        """Run these stages to their end, one after another."""
        for stage in stages:
            assert await self.finish(await self.claimed(document_id, stage))
            await self.do("open_next", document_id)
        await self.do("refresh_status", document_id)

    async def row(self, document_id: UUID, stage: Stage = EXTRACT) -> StageRecord:
        async with self.database.reading() as session:
            return (
                await session.scalars(
                    select(StageRecord).where(
                        StageRecord.document_id == document_id, StageRecord.stage == stage
                    )
                )
            ).one()

    async def states(self, document_id: UUID) -> list[str]:
        async with self.database.reading() as session:
            rows = await session.scalars(
                select(StageRecord.state)
                .where(StageRecord.document_id == document_id)
                .order_by(StageRecord.position)
            )
            return list(rows)

    async def open_stages(self, document_id: UUID) -> set[str]:
        """The stages that a worker may take now or later."""
        async with self.database.reading() as session:
            rows = await session.scalars(
                select(StageRecord.stage).where(
                    StageRecord.document_id == document_id,
                    StageRecord.state == PENDING,
                    StageRecord.next_run_at.is_not(None),
                )
            )
            return set(rows)

    async def set_states(self, document_id: UUID, states: Sequence[StageState]) -> None:
        async with self.database.writing() as session:
            await put_states(session, document_id, states)

    async def status(self, document_id: UUID) -> str:
        async with self.database.reading() as session:
            found = await session.scalar(select(Document.status).where(Document.id == document_id))
        assert found is not None
        return found

    async def due(self, grace: float = 0) -> list[tuple[UUID, Stage]]:
        async with self.database.reading() as session:
            return await StageRepository(session).due(grace, 1000)

    async def hide(self, document_id: UUID) -> bool:
        async with self.database.writing() as session:
            return await DeletionRepository(session, self.owner_id).hide(document_id)


async def put_states(
    session: AsyncSession, document_id: UUID, states: Sequence[StageState]
) -> None:
    """Let the stages stand like this, whatever led there."""
    given = dict(zip(STAGE_ORDER, states, strict=True))
    await session.execute(
        update(StageRecord)
        .where(StageRecord.document_id == document_id)
        .values(
            state=case(given, value=StageRecord.stage),
            next_run_at=None,
            lease_token=None,
            lease_until=clock_after(LEASE),
        )
        .execution_options(synchronize_session=False)
    )


async def seen(session: AsyncSession, document_id: UUID) -> tuple[list[StageState], set[str], str]:
    """States in their order, stages that are open, status of the document."""
    rows = (
        await session.execute(
            select(StageRecord.stage, StageRecord.state, StageRecord.next_run_at, Document.status)
            .join(Document, Document.id == StageRecord.document_id)
            .where(Document.id == document_id)
            .order_by(StageRecord.position)
        )
    ).all()
    due = {row.stage for row in rows if row.state == PENDING and row.next_run_at is not None}
    return [StageState(row.state) for row in rows], due, rows[0].status


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
async def shared(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Desk]:
    postgres: PostgresServer = request.getfixturevalue("postgres")
    folder: Path = tmp_path_factory.mktemp("stages")
    async with open_database(request.param, folder, postgres) as database:
        yield Desk(database, await owner_of(database))


@pytest.fixture
async def desk(shared: Desk) -> Desk:
    """An empty desk: the sweeper's questions are about all documents."""
    async with shared.database.writing() as session:
        await session.execute(StageRecord.__table__.delete())  # type: ignore[attr-defined]
    return shared


# --- claiming -------------------------------------------------------------------------------------


async def test_one_of_fifty_gets_the_stage(desk: Desk) -> None:
    document_id = await desk.document()

    claims = await asyncio.gather(*(desk.claim(document_id) for _ in range(50)))

    [claim] = [claim for claim in claims if claim]
    row = await desk.row(document_id)
    assert row.lease_token == claim.token
    assert (row.state, row.attempts, row.crashes) == (RUNNING, 1, 0)


async def test_one_of_fifty_gets_the_stage_of_a_dead_worker(desk: Desk) -> None:
    document_id = await desk.document()
    await desk.claimed(document_id, lease=EXPIRED)

    claims = await asyncio.gather(*(desk.claim(document_id) for _ in range(50)))

    [claim] = [claim for claim in claims if claim]
    assert (claim.attempts, claim.crashes) == (2, 1)


async def test_the_attempt_is_counted_before_the_work(desk: Desk) -> None:
    document_id = await desk.document()

    claim = await desk.claimed(document_id)

    row = await desk.row(document_id)
    assert (claim.attempts, row.attempts) == (1, 1)
    assert row.started_at is not None
    assert row.lease_until is not None
    assert timedelta(seconds=50) < row.lease_until - row.started_at <= timedelta(seconds=61)
    assert await desk.status(document_id) == DocumentStatus.PROCESSING


async def test_every_death_of_a_worker_is_counted(desk: Desk) -> None:
    document_id = await desk.document()

    counted = [await desk.claimed(document_id, lease=EXPIRED) for _ in range(4)]

    assert [(claim.attempts, claim.crashes) for claim in counted] == [
        (1, 0),
        (2, 1),
        (3, 2),
        (4, 3),
    ]
    assert len({claim.token for claim in counted}) == 4


async def test_only_what_is_due_can_be_claimed(desk: Desk) -> None:
    document_id = await desk.document()
    assert await desk.claim(document_id, CLASSIFY) is None
    assert await desk.claim(document_id, EMBED) is None
    assert await desk.claim(uuid4(), EXTRACT) is None

    claim = await desk.claimed(document_id)
    assert await desk.do("postpone", claim, ErrorCode.AI_UNAVAILABLE, "Away.", 60)
    assert await desk.claim(document_id) is None


async def test_an_ended_stage_cannot_be_claimed(desk: Desk) -> None:
    for state in TERMINAL_STATES:
        document_id = await desk.document()
        await desk.set_states(document_id, [state, PENDING, PENDING])
        assert await desk.claim(document_id) is None


async def test_the_claimed_document_is_told(desk: Desk) -> None:
    document_id = await desk.document()
    claim = await desk.claimed(document_id)

    async with desk.database.reading() as session:
        document = await StageRepository(session).document_of(claim)

    assert document is not None
    assert (document.id, document.owner_id) == (document_id, desk.owner_id)
    assert (document.title, document.original_name) == ("A title", "a.txt")


# --- the fence ------------------------------------------------------------------------------------


async def write_as(desk: Desk, claim: Claim, way: str) -> bool:
    match way:
        case "renew":
            answer = await desk.do("renew", claim, LEASE)
        case "finish":
            answer = await desk.finish(claim, result={"late": True})
        case "fail":
            answer = await desk.do("fail", claim, ErrorCode.CORRUPT_FILE, "Late.")
        case _:
            answer = await desk.do("postpone", claim, ErrorCode.AI_UNAVAILABLE, "Late.", 0)
    assert isinstance(answer, bool)
    return answer


WAYS = ["renew", "finish", "fail", "postpone"]


@pytest.mark.parametrize("way", WAYS)
async def test_whoever_lost_the_lease_writes_nothing(desk: Desk, way: str) -> None:
    document_id = await desk.document()
    late = await desk.claimed(document_id, lease=EXPIRED)
    now = await desk.claimed(document_id)
    before = await desk.row(document_id)

    assert await write_as(desk, late, way) is False

    after = await desk.row(document_id)
    assert (after.state, after.lease_token, after.lease_until, after.result, after.error_code) == (
        RUNNING,
        now.token,
        before.lease_until,
        {},
        None,
    )
    assert await write_as(desk, now, way) is True


@pytest.mark.parametrize("way", WAYS)
async def test_a_reopened_stage_fences_the_run_in_progress_out(desk: Desk, way: str) -> None:
    document_id = await desk.document()
    claim = await desk.claimed(document_id)

    assert await desk.do("reopen", document_id, STAGE_ORDER) is EXTRACT

    assert await write_as(desk, claim, way) is False
    again = await desk.claimed(document_id)
    assert again.generation == claim.generation + 1
    assert (again.attempts, again.crashes) == (1, 0)


@pytest.mark.parametrize("way", WAYS)
async def test_the_same_token_of_an_older_generation_is_fenced_out(desk: Desk, way: str) -> None:
    document_id = await desk.document()
    claim = await desk.claimed(document_id)
    async with desk.database.writing() as session:
        await session.execute(
            update(StageRecord)
            .where(StageRecord.document_id == document_id)
            .values(generation=StageRecord.generation + 1)
        )

    assert await write_as(desk, claim, way) is False


async def test_an_expired_lease_that_nobody_took_may_still_be_used(desk: Desk) -> None:
    document_id = await desk.document()
    claim = await desk.claimed(document_id, lease=EXPIRED)

    assert await desk.do("renew", claim, LEASE)
    assert await desk.claim(document_id) is None
    assert await desk.finish(claim)


async def test_the_end_is_written_once(desk: Desk) -> None:
    document_id = await desk.document()
    claim = await desk.claimed(document_id)

    assert await desk.finish(claim, result={"pages": 3})
    assert not await desk.finish(claim, result={"pages": 4})

    row = await desk.row(document_id)
    assert (row.state, row.result, row.lease_token, row.lease_until) == (
        DONE,
        {"pages": 3},
        None,
        None,
    )
    assert row.finished_at is not None


async def test_failing_and_postponing_keep_the_reason(desk: Desk) -> None:
    failing, waiting, skipped = [await desk.document() for _ in range(3)]

    claim = await desk.claimed(failing)
    assert await desk.do("fail", claim, ErrorCode.CORRUPT_FILE, "Damaged.")
    row = await desk.row(failing)
    assert (row.state, row.error_code, row.error_detail) == (FAILED, "corrupt_file", "Damaged.")
    assert row.finished_at is not None

    claim = await desk.claimed(waiting)
    assert await desk.do("postpone", claim, ErrorCode.AI_UNAVAILABLE, "Away.", 100)
    row = await desk.row(waiting)
    assert (row.state, row.error_code, row.error_detail) == (PENDING, "ai_unavailable", "Away.")
    assert row.next_run_at is not None
    assert timedelta(seconds=90) < row.next_run_at - datetime.now(UTC) < timedelta(seconds=110)

    claim = await desk.claimed(skipped)
    assert await desk.do("finish", claim, SKIPPED, code=ErrorCode.NO_TOPICS, result={})
    row = await desk.row(skipped)
    assert (row.state, row.error_code) == (SKIPPED, "no_topics")
    assert row.error_detail == SENTENCES[ErrorCode.NO_TOPICS]


async def test_an_end_forgives_earlier_deaths(desk: Desk) -> None:
    document_id = await desk.document()
    await desk.claimed(document_id, lease=EXPIRED)
    claim = await desk.claimed(document_id)
    assert claim.crashes == 1

    assert await desk.finish(claim)

    assert (await desk.row(document_id)).crashes == 0


# --- from one stage to the next -------------------------------------------------------------------


async def test_stages_open_one_after_another(desk: Desk) -> None:
    document_id = await desk.document()
    following = []
    for stage in STAGE_ORDER:
        assert await desk.open_stages(document_id) == {stage}
        claim = await desk.claimed(document_id, stage)
        assert await desk.do("open_next", document_id) is None, "a running stage blocks the next"
        assert await desk.open_stages(document_id) == set()
        assert await desk.finish(claim)
        following.append(await desk.do("open_next", document_id))
    assert following == [CLASSIFY, EMBED, None]


async def test_what_was_not_asked_for_is_passed_over(desk: Desk) -> None:
    document_id = await desk.document(auto_classify=False)
    row = await desk.row(document_id, CLASSIFY)
    assert (row.state, row.error_code) == (SKIPPED, "not_requested")

    assert await desk.finish(await desk.claimed(document_id))

    assert await desk.do("open_next", document_id) is EMBED
    assert await desk.open_stages(document_id) == {EMBED}


async def test_opening_again_does_not_shorten_a_wait(desk: Desk) -> None:
    document_id = await desk.document()
    claim = await desk.claimed(document_id)
    assert await desk.do("postpone", claim, ErrorCode.AI_UNAVAILABLE, "Away.", 100)
    before = (await desk.row(document_id)).next_run_at

    await desk.do("open_next", document_id)

    assert (await desk.row(document_id)).next_run_at == before


async def test_the_rest_is_skipped_with_a_reason(desk: Desk) -> None:
    document_id = await desk.document()
    claim = await desk.claimed(document_id)
    assert await desk.do("fail", claim, ErrorCode.ENCRYPTED, SENTENCES[ErrorCode.ENCRYPTED])

    await desk.do("skip_rest", document_id, ErrorCode.NO_TEXT)

    assert await desk.states(document_id) == [FAILED, SKIPPED, SKIPPED]
    row = await desk.row(document_id, EMBED)
    assert (row.error_code, row.error_detail) == ("no_text", SENTENCES[ErrorCode.NO_TEXT])
    assert row.finished_at is not None
    assert await desk.do("open_next", document_id) is None


async def test_skipping_the_rest_keeps_what_people_did_not_want(desk: Desk) -> None:
    document_id = await desk.document(auto_classify=False)

    await desk.do("skip_rest", document_id, ErrorCode.NO_TEXT)

    assert (await desk.row(document_id, CLASSIFY)).error_code == "not_requested"


# --- reopening ------------------------------------------------------------------------------------


async def test_reopening_clears_the_old_run(desk: Desk) -> None:
    document_id = await desk.document()
    await desk.complete(document_id)
    assert await desk.status(document_id) == DocumentStatus.READY

    assert await desk.do("reopen", document_id, [CLASSIFY, EMBED]) is CLASSIFY

    assert await desk.states(document_id) == [DONE, PENDING, PENDING]
    assert await desk.open_stages(document_id) == {CLASSIFY}
    assert await desk.status(document_id) == DocumentStatus.PROCESSING
    row = await desk.row(document_id, CLASSIFY)
    assert (row.attempts, row.crashes, row.generation) == (0, 0, 2)
    assert (row.error_code, row.started_at, row.finished_at) == (None, None, None)
    assert (await desk.row(document_id, EXTRACT)).generation == 1


@pytest.mark.parametrize("stages", [(EMBED,), (CLASSIFY, EMBED)])
async def test_a_later_stage_never_opens_before_an_earlier_one_has_ended(
    desk: Desk, stages: tuple[Stage, ...]
) -> None:
    document_id = await desk.document()
    async with desk.database.writing() as session:
        for before in product(StageState, repeat=3):
            await put_states(session, document_id, before)

            opened = await StageRepository(session).reopen(document_id, stages)

            states, due, status = await seen(session, document_id)
            first = next(i for i, state in enumerate(states) if state not in TERMINAL_STATES)
            expected = None if states[first] is RUNNING else STAGE_ORDER[first]
            assert opened == expected, before
            assert due == ({expected.value} if expected else set()), before
            assert status == derive_status(dict(zip(STAGE_ORDER, states, strict=True))), before


async def test_reopening_during_an_earlier_stage_runs_after_it(desk: Desk) -> None:
    document_id = await desk.document()
    claim = await desk.claimed(document_id)

    assert await desk.do("reopen", document_id, [EMBED]) is None

    assert await desk.claim(document_id, EMBED) is None
    assert await desk.finish(claim)
    await desk.do("open_next", document_id)
    await desk.complete(document_id, [CLASSIFY, EMBED])
    assert await desk.states(document_id) == [DONE, DONE, DONE]


async def reopen_indexed(desk: Desk) -> int:
    async with desk.database.writing() as session:
        return (await IndexedRepository(session).reopen_indexed(100)).documents


async def test_a_lost_index_reopens_the_documents_that_had_something_in_it(desk: Desk) -> None:
    indexed, without_chunks, unfinished, failed = [await desk.document() for _ in range(4)]
    for document_id in (indexed, without_chunks, failed):
        await desk.complete(document_id)
    await desk.set_states(failed, [DONE, DONE, FAILED])
    async with desk.database.writing() as session:
        texts = TextRepository(session)
        for document_id in (indexed, unfinished, failed):
            await texts.replace_pages(document_id, [(1, "some text")])
            await texts.replace_chunks(
                document_id, [{"id": uuid4(), "ordinal": 0, "page": 1, "start": 0, "end": 9}]
            )

    assert await reopen_indexed(desk) == 1

    assert await desk.states(indexed) == [DONE, DONE, PENDING]
    assert await desk.open_stages(indexed) == {EMBED}
    assert await desk.states(without_chunks) == [DONE, DONE, DONE]
    assert await desk.states(unfinished) == [PENDING, PENDING, PENDING]
    assert await desk.states(failed) == [DONE, DONE, FAILED]
    assert await reopen_indexed(desk) == 0


# --- the sweeper's questions ----------------------------------------------------------------------


async def test_due_means_late_by_the_grace(desk: Desk) -> None:
    fresh, late, waiting, dead, alive, ended = [await desk.document() for _ in range(6)]
    claim = await desk.claimed(late)
    assert await desk.do("postpone", claim, ErrorCode.AI_UNAVAILABLE, "Away.", -30)
    claim = await desk.claimed(waiting)
    assert await desk.do("postpone", claim, ErrorCode.AI_UNAVAILABLE, "Away.", 30)
    await desk.claimed(dead, lease=-20)
    await desk.claimed(alive)
    assert await desk.finish(await desk.claimed(ended))

    assert {document_id for document_id, _ in await desk.due(0)} == {fresh, late, dead}
    assert {document_id for document_id, _ in await desk.due(10)} == {late, dead}
    assert await desk.due(25) == [(late, EXTRACT)]
    assert await desk.due(40) == []


async def test_what_waits_longest_is_due_first(desk: Desk) -> None:
    documents = [await desk.document() for _ in range(4)]
    for delay, document_id in zip((-10, -40, -20, -30), documents, strict=True):
        claim = await desk.claimed(document_id)
        assert await desk.do("postpone", claim, ErrorCode.AI_UNAVAILABLE, "Away.", delay)

    found = [document_id for document_id, _ in await desk.due()]

    assert found == [documents[1], documents[3], documents[2], documents[0]]
    async with desk.database.reading() as session:
        assert len(await StageRepository(session).due(0, 2)) == 2


async def test_released_leases_can_be_claimed_at_once(desk: Desk) -> None:
    running = [await desk.document() for _ in range(3)]
    tokens = [(await desk.claimed(document_id)).token for document_id in running]
    waiting = await desk.document()

    assert await desk.do("release_leases") == 3

    assert {document_id for document_id, _ in await desk.due()} == {*running, waiting}
    claim = await desk.claimed(running[0])
    assert claim.crashes == 1
    assert claim.token not in tokens


# --- status and deletion --------------------------------------------------------------------------


async def test_the_status_follows_from_the_stages_in_every_combination(desk: Desk) -> None:
    document_id = await desk.document()
    async with desk.database.writing() as session:
        for states in product(StageState, repeat=3):
            await put_states(session, document_id, states)
            await StageRepository(session).refresh_status(document_id)
            _, _, status = await seen(session, document_id)
            assert status == derive_status(dict(zip(STAGE_ORDER, states, strict=True))), states


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("stage", STAGE_ORDER)
async def test_deleting_during_a_stage_fences_its_worker_out(
    desk: Desk, stage: Stage, way: str
) -> None:
    document_id = await desk.document()
    await desk.complete(document_id, STAGE_ORDER[: STAGE_ORDER.index(stage)])
    claim = await desk.claimed(document_id, stage)
    assert await desk.hide(document_id)

    assert await write_as(desk, claim, way) is False

    assert await desk.states(document_id) == []
    assert await desk.do("open_next", document_id) is None
    assert await desk.do("reopen", document_id, STAGE_ORDER) is None
    assert await desk.claim(document_id, stage) is None
    assert await desk.due() == []
    async with desk.database.reading() as session:
        assert await StageRepository(session).document_of(claim) is None


@pytest.mark.parametrize("other", ["rename", "delete"])
async def test_two_writers_of_one_document_wait_for_each_other(desk: Desk, other: str) -> None:
    """The worker has the stage's row and wants the document's, the other one the reverse."""
    document_id = await desk.document()
    claim = await desk.claimed(document_id)
    half = asyncio.Event()

    async def worker() -> None:
        async with desk.database.writing() as session:
            stages = StageRepository(session)
            assert await stages.finish(claim, DONE, code=None, result={})
            half.set()
            await asyncio.sleep(0.3)
            await stages.open_next(document_id)
            await stages.refresh_status(document_id)

    async def person() -> None:
        await half.wait()
        async with desk.database.writing() as session:
            if other == "rename":
                await DocumentRepository(session, desk.owner_id).set_title(document_id, "Another")
                await StageRepository(session).reopen(document_id, [EXTRACT, EMBED])
            else:
                assert await DeletionRepository(session, desk.owner_id).hide(document_id)

    await asyncio.gather(worker(), person())

    if other == "rename":
        assert await desk.states(document_id) == [PENDING, PENDING, PENDING]
        assert await desk.status(document_id) == DocumentStatus.PENDING
    else:
        assert await desk.states(document_id) == []


# --- the clock ------------------------------------------------------------------------------------


async def test_the_clock_is_the_present_in_utc(desk: Desk) -> None:
    async with desk.database.reading() as session:
        row = (
            await session.execute(
                select(clock_now(), clock_after(90), clock_after(-90), clock_after(0.25))
            )
        ).one()

    now, later, earlier, soon = row
    assert abs(now - datetime.now(UTC)) < timedelta(seconds=1)
    assert abs(later - now - timedelta(seconds=90)) < timedelta(milliseconds=50)
    assert abs(now - earlier - timedelta(seconds=90)) < timedelta(milliseconds=50)
    assert abs(soon - now - timedelta(milliseconds=250)) < timedelta(milliseconds=50)
    assert {moment.utcoffset() for moment in row} == {timedelta(0)}


async def test_the_clock_moves_within_a_transaction(desk: Desk) -> None:
    async with desk.database.writing() as session:
        first = await session.scalar(select(clock_now()))
        await asyncio.sleep(0.05)
        second = await session.scalar(select(clock_now()))

    assert first is not None
    assert second is not None
    assert second - first >= timedelta(milliseconds=40)


async def test_a_moment_comes_back_as_it_was_stored(desk: Desk) -> None:
    document_id = await desk.document()
    zone = datetime.now(UTC).astimezone().tzinfo
    for moment in (
        datetime(2026, 3, 1, 12, 0, 0, 123456, tzinfo=UTC),
        datetime(1999, 12, 31, 23, 59, 59, 999999, tzinfo=zone),
    ):
        async with desk.database.writing() as session:
            await session.execute(
                update(Document).where(Document.id == document_id).values(created_at=moment)
            )
        async with desk.database.reading() as session:
            found = await session.scalar(
                select(Document.created_at).where(Document.id == document_id)
            )
        assert found == moment
