"""Provisional results: on both databases they are made again, in turns, and never for ever."""

from collections.abc import AsyncIterator, Collection, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, select, update

from docuvault.db.models import Document, StageRecord, User
from docuvault.db.repositories import completion
from docuvault.db.repositories.completion import CompletionRepository
from docuvault.db.repositories.deletions import DeletionRepository
from docuvault.db.repositories.stages import COMPLETE, Claim, Provision, StageRepository
from docuvault.db.session import Database
from docuvault.db.types import clock_after
from docuvault.domain.documents import STAGE_ORDER, DocumentStatus, Stage, StageState
from docuvault.domain.errors import ErrorCode
from docuvault.domain.modes import Mode
from tests.contract.databases import add_document, open_database, owner_of
from tests.servers.postgres import PostgresServer

EXTRACT, CLASSIFY, EMBED = STAGE_ORDER
HEURISTIC, SAFE = Mode.HEURISTIC, Mode.SAFE
DEFERRED = ErrorCode.DEFERRED
NOW = -1.0


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
async def shared(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    postgres: PostgresServer,
) -> AsyncIterator[Database]:
    folder: Path = tmp_path_factory.mktemp("completion")
    async with open_database(request.param, folder, postgres) as database:
        yield database


@pytest.fixture
async def database(shared: Database) -> Database:
    async with shared.writing() as session:
        await session.execute(delete(Document))
    return shared


async def document(
    database: Database, provisions: Sequence[Provision], owner_id: UUID | None = None
) -> UUID:
    """A document whose stages have ended so."""
    owner = owner_id or await owner_of(database)
    async with database.writing() as session:
        document_id = await add_document(session, owner, ["A few words."])
    for stage, provision in zip(STAGE_ORDER, provisions, strict=True):
        skipped = provision.mode is SAFE
        async with database.writing() as session:
            stages = StageRepository(session)
            claim = await stages.claim(document_id, stage, 60)
            assert claim is not None
            assert await stages.finish(
                claim,
                StageState.SKIPPED if skipped else StageState.DONE,
                code=DEFERRED if skipped else None,
                result={"made": provision.mode.value},
                provision=provision,
            )
            await stages.open_next(document_id)
            await stages.refresh_status(document_id)
    return document_id


async def provisional(
    database: Database, modes: Collection[Mode], limit: int = 100, **more: Any
) -> list[UUID]:
    async with database.reading() as session:
        return await CompletionRepository(session).provisional(modes, limit, **more)


async def complete(database: Database, document_id: UUID, modes: Collection[Mode]) -> Stage | None:
    async with database.writing() as session:
        return await CompletionRepository(session).complete(document_id, modes)


async def rows(database: Database, document_id: UUID) -> list[StageRecord]:
    async with database.reading() as session:
        found = await session.scalars(
            select(StageRecord)
            .where(StageRecord.document_id == document_id)
            .order_by(StageRecord.position)
        )
        return list(found)


async def claim_of(database: Database, document_id: UUID, stage: Stage) -> Claim | None:
    async with database.writing() as session:
        return await StageRepository(session).claim(document_id, stage, 60)


async def test_what_is_complete_or_given_up_is_left_alone(database: Database) -> None:
    await document(database, [COMPLETE, COMPLETE, COMPLETE])
    given_up = await document(database, [COMPLETE, Provision(HEURISTIC, 5), COMPLETE])

    assert await provisional(database, [HEURISTIC, SAFE]) == []
    assert await provisional(database, [HEURISTIC], due_only=False) == []
    assert await complete(database, given_up, [HEURISTIC, SAFE]) is None
    assert [row.state for row in await rows(database, given_up)] == ["done"] * 3


async def test_only_what_the_mode_can_do_better_and_is_due(database: Database) -> None:
    by_rules = await document(database, [COMPLETE, Provision(HEURISTIC, 0, NOW), COMPLETE])
    safe = await document(
        database, [COMPLETE, Provision(SAFE, 0, NOW - 1), Provision(SAFE, 0, NOW)]
    )
    later = await document(database, [COMPLETE, Provision(HEURISTIC, 1, 600.0), COMPLETE])

    assert await provisional(database, [HEURISTIC, SAFE]) == [safe, by_rules]
    assert await provisional(database, [SAFE]) == [safe]
    assert await provisional(database, [HEURISTIC], due_only=False) == [by_rules, later]
    assert await provisional(database, [HEURISTIC, SAFE], 1) == [safe]


async def test_a_deferred_document_begins_with_the_first_of_its_stages(database: Database) -> None:
    safe = await document(database, [COMPLETE, Provision(SAFE, 0, NOW), Provision(SAFE, 0, NOW)])
    before = await rows(database, safe)

    assert await complete(database, safe, [SAFE]) is CLASSIFY

    after = await rows(database, safe)
    assert [row.state for row in after] == ["done", "pending", "pending"]
    assert [row.next_run_at is not None for row in after[1:]] == [True, False]
    assert [row.generation - old.generation for row, old in zip(after, before, strict=True)] == [
        0,
        1,
        1,
    ]
    assert await provisional(database, [SAFE], due_only=False) == [], "it is on its way"
    async with database.reading() as session:
        assert await CompletionRepository(session).under_completion([SAFE]) == 2
        assert await CompletionRepository(session).under_completion([HEURISTIC]) == 0
        status = await session.scalar(select(Document.status).where(Document.id == safe))
    assert status == DocumentStatus.PROCESSING
    assert await complete(database, safe, [SAFE]) is None, "twice at once does no harm"
    claim = await claim_of(database, safe, CLASSIFY)
    assert claim is not None
    assert (claim.mode, claim.completions, claim.attempts) == (SAFE, 0, 1)


async def test_a_completed_stage_is_like_any_other(database: Database) -> None:
    found = await document(database, [COMPLETE, Provision(HEURISTIC, 2, NOW), COMPLETE])
    assert await complete(database, found, [HEURISTIC]) is CLASSIFY
    claim = await claim_of(database, found, CLASSIFY)
    assert claim is not None
    assert (claim.mode, claim.completions) == (HEURISTIC, 2)

    async with database.writing() as session:
        assert await StageRepository(session).finish(claim, StageState.DONE, code=None, result={})

    row = (await rows(database, found))[1]
    assert (row.mode, row.completions, row.next_run_at, row.state) == ("primary", 0, None, "done")


async def test_what_fails_for_good_is_not_completed_again(database: Database) -> None:
    found = await document(database, [COMPLETE, Provision(HEURISTIC, 0, NOW), COMPLETE])
    assert await complete(database, found, [HEURISTIC]) is CLASSIFY
    claim = await claim_of(database, found, CLASSIFY)
    assert claim is not None
    async with database.writing() as session:
        assert await StageRepository(session).fail(claim, ErrorCode.WORKER_DIED, "Died.")

    assert await provisional(database, [HEURISTIC, SAFE], due_only=False) == []
    assert (await rows(database, found))[1].mode == Mode.PRIMARY


async def test_a_person_who_asks_again_begins_afresh(database: Database) -> None:
    found = await document(database, [COMPLETE, Provision(HEURISTIC, 5), COMPLETE])
    async with database.writing() as session:
        assert await StageRepository(session).reopen(found, [CLASSIFY, EMBED]) is CLASSIFY

    row = (await rows(database, found))[1]
    assert (row.mode, row.completions) == ("primary", 0)


async def test_a_deleted_document_is_not_completed(database: Database) -> None:
    owner_id = await owner_of(database)
    found = await document(database, [COMPLETE, Provision(HEURISTIC, 0, NOW), COMPLETE])
    async with database.writing() as session:
        assert await DeletionRepository(session, owner_id).hide(found)

    assert await provisional(database, [HEURISTIC]) == []
    assert await complete(database, found, [HEURISTIC]) is None


async def test_owners_take_turns(database: Database) -> None:
    """A thousand old documents of one owner do not hold up the single one of another."""
    second = uuid4()
    async with database.writing() as session:
        session.add(User(id=second, name=str(second)))
    mine = [
        await document(database, [COMPLETE, Provision(HEURISTIC, 0, NOW), COMPLETE])
        for _ in range(5)
    ]
    theirs = await document(
        database, [COMPLETE, Provision(HEURISTIC, 0, NOW), COMPLETE], owner_id=second
    )
    async with database.writing() as session:
        await session.execute(
            update(StageRecord)
            .where(StageRecord.document_id.in_(mine), StageRecord.stage == CLASSIFY)
            .values(next_run_at=clock_after(-3600))
        )

    found = await provisional(database, [HEURISTIC], 3)

    assert theirs in found
    assert len(set(found) & set(mine)) == 2


async def test_turns_are_the_same_whatever_is_to_be_made_again(database: Database) -> None:
    """Two modes, two ends of a stage, and what is not due yet, which takes nobody's turn."""
    second = uuid4()
    async with database.writing() as session:
        session.add(User(id=second, name=str(second)))
    oldest = await document(database, [COMPLETE, Provision(HEURISTIC, 0, -60.0), COMPLETE])
    deferred = await document(
        database, [COMPLETE, Provision(SAFE, 0, -50.0), Provision(SAFE, 0, -40.0)]
    )
    later = await document(database, [COMPLETE, Provision(HEURISTIC, 0, 600.0), COMPLETE], second)
    theirs = [
        await document(database, provisions, second)
        for provisions in (
            [COMPLETE, COMPLETE, Provision(SAFE, 0, -30.0)],
            [COMPLETE, Provision(HEURISTIC, 0, -20.0), COMPLETE],
        )
    ]

    assert await provisional(database, [HEURISTIC, SAFE]) == [
        oldest,
        theirs[0],
        deferred,
        theirs[1],
    ]
    assert await provisional(database, [HEURISTIC], due_only=False) == [oldest, theirs[1], later]


async def test_only_the_oldest_are_looked_at_and_then_the_next(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many wait, a sweep looks at so many; as these are done the others move up."""
    monkeypatch.setattr(completion, "_LOOKED_AT", 2)
    documents = [
        await document(database, [COMPLETE, Provision(HEURISTIC, 0, -60.0 + number), COMPLETE])
        for number in range(5)
    ]

    assert await provisional(database, [HEURISTIC, SAFE]) == documents[:2]
    for document_id in documents[:2]:
        assert await complete(database, document_id, [HEURISTIC]) is CLASSIFY
    assert await provisional(database, [HEURISTIC, SAFE]) == documents[2:4]
