"""What a stage does in which mode, and how it is made again when more is possible."""

from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import select, update

from docuvault.db.models import DocumentTopic, StageRecord
from docuvault.db.repositories.completion import CompletionRepository
from docuvault.db.repositories.topics import TopicRepository
from docuvault.domain.documents import STAGE_ORDER, DocumentStatus, Stage, TopicSource
from docuvault.domain.errors import DependencyUnavailable, ErrorCode, ProcessingFailed
from docuvault.domain.modes import Mode
from docuvault.fallback.circuit import CircuitState
from docuvault.pipeline import completion
from docuvault.pipeline.completion import Completion
from docuvault.pipeline.process import StageRunner
from docuvault.queue.base import StageTask, Task
from tests.unit.pipeline.workshop import (
    FALLBACK,
    QUICK,
    Notebook,
    Workshop,
    hanging,
    none,
    raising,
)

EXTRACT, CLASSIFY, EMBED = STAGE_ORDER
PRIMARY, HEURISTIC, SAFE = Mode
AWAY = DependencyUnavailable(ErrorCode.AI_UNAVAILABLE)
GARBAGE = ProcessingFailed(ErrorCode.AI_INVALID_OUTPUT)


async def processed(shop: Workshop, text: str = "A few words.") -> UUID:
    document_id = await shop.document(text)
    await shop.run(document_id, *STAGE_ORDER)
    shop.queue.sent.clear()
    return document_id


async def work_off(shop: Workshop) -> None:
    """Do what was sent, and what follows from it, as the queue would."""
    while shop.queue.sent:
        task = shop.queue.sent.pop(0)
        assert isinstance(task, StageTask)
        await shop.runner().run(task)


async def modes(shop: Workshop, document_id: UUID) -> list[str]:
    return [record.mode for record in (await shop.look(document_id)).stages]


async def sources(shop: Workshop, document_id: UUID) -> dict[UUID, str]:
    async with shop.database.reading() as session:
        rows = await session.execute(
            select(DocumentTopic.topic_id, DocumentTopic.source).where(
                DocumentTopic.document_id == document_id, DocumentTopic.rejected.is_(False)
            )
        )
    return {row.topic_id: row.source for row in rows}


async def open_circuit(shop: Workshop) -> None:
    for _ in range(FALLBACK.circuit_failures):
        await shop.parts.fallback.circuit.failed()


async def complete_as_often_as_it_goes(shop: Workshop, most: int = 20) -> int:
    """Sweep and work until nothing is reopened any more; how often something was."""
    for count in range(most):
        await shop.make_due()
        if not await shop.completion().run():
            return count
        await work_off(shop)
    raise AssertionError("it goes on for ever")


# --- what is done ---------------------------------------------------------------------------------


async def test_everything_is_primary(shop: Workshop) -> None:
    topic = await shop.topic()
    document_id = await processed(shop)

    assert await modes(shop, document_id) == ["primary"] * 3
    assert await sources(shop, document_id) == {topic: TopicSource.AI}
    assert shop.local_classifier.calls == 0
    assert await shop.completion().run() == 0


@pytest.mark.parametrize("error", [AWAY, GARBAGE])
async def test_a_provider_that_fails_costs_its_document_no_wait(
    shop: Workshop, error: Exception
) -> None:
    topic = await shop.topic()
    shop.classifier.trouble = raising(error)

    document_id = await processed(shop)

    assert (await shop.look(document_id)).status == DocumentStatus.READY
    assert await modes(shop, document_id) == ["primary", "heuristic", "primary"]
    assert await sources(shop, document_id) == {topic: TopicSource.LOCAL}
    row = await shop.row(document_id, CLASSIFY)
    assert row.state == "done"
    assert row.result["ai_error"] == error.code  # type: ignore[attr-defined]
    assert row.next_run_at is not None
    assert row.finished_at is not None
    wait = (row.next_run_at - row.finished_at).total_seconds()
    assert wait == pytest.approx(QUICK.backoff_seconds, abs=1)


async def test_an_open_circuit_spares_the_provider(shop: Workshop) -> None:
    await shop.topic()
    await open_circuit(shop)

    document_id = await processed(shop)

    assert shop.classifier.calls == 0
    assert await modes(shop, document_id) == ["primary", "heuristic", "primary"]


async def test_heuristic_asks_the_local_model_alone(shop: Workshop) -> None:
    topic = await shop.topic()
    assert await shop.decide(ai_failures=21) is HEURISTIC

    document_id = await processed(shop)

    assert shop.classifier.calls == 0
    assert await sources(shop, document_id) == {topic: TopicSource.LOCAL}
    assert await modes(shop, document_id) == ["primary", "heuristic", "primary"]
    row = await shop.row(document_id, CLASSIFY)
    assert "ai_error" not in row.result


async def test_safe_keeps_reads_and_defers(shop: Workshop) -> None:
    await shop.topic()
    assert await shop.decide(failed_components=2) is SAFE

    document_id = await processed(shop)

    assert await shop.states(document_id) == ["done", "skipped", "skipped"]
    assert await modes(shop, document_id) == ["primary", "safe", "safe"]
    document = await shop.look(document_id)
    assert document.status == DocumentStatus.READY
    assert [record.error_code for record in document.stages] == [None, "deferred", "deferred"]
    assert (shop.classifier.calls, shop.local_classifier.calls, shop.embedder.calls) == (0, 0, 0)
    assert await shop.vectors.count() == 0, "words alone do not count as a document's vectors"


@pytest.mark.parametrize("mode", [HEURISTIC, SAFE])
async def test_what_needs_no_provider_is_complete_in_any_mode(shop: Workshop, mode: Mode) -> None:
    await shop.parts.fallback.set_mode(mode, "A test.")
    document_id = await shop.document(auto_classify=False)
    await shop.run(document_id, *STAGE_ORDER)

    expected = ["primary", "primary", "safe" if mode is SAFE else "primary"]
    assert await modes(shop, document_id) == expected
    assert (await shop.row(document_id, CLASSIFY)).error_code == "not_requested"


# --- what is done again ---------------------------------------------------------------------------


async def test_when_everything_is_back_documents_end_as_if_nothing_had_been(
    shop: Workshop,
) -> None:
    topic = await shop.topic()
    await shop.decide(failed_components=2)
    safe = await processed(shop, "one")
    await shop.parts.fallback.set_mode(HEURISTIC, "A test.")
    heuristic = await processed(shop, "two")
    await shop.parts.fallback.clear_override()
    assert await shop.decide() is SAFE
    assert await shop.completion().run() == 0, "not yet"

    assert await shop.decide(after=30) is PRIMARY
    assert await shop.completion().run() == 2
    assert await shop.completion().run() == 0, "they are on their way"
    await work_off(shop)

    for document_id in (safe, heuristic):
        assert await modes(shop, document_id) == ["primary"] * 3
        assert await shop.states(document_id) == ["done"] * 3
        assert await sources(shop, document_id) == {topic: TopicSource.AI}
    assert await shop.vectors.count() == 2
    assert await complete_as_often_as_it_goes(shop) == 0


async def test_heuristic_completes_what_safe_left(shop: Workshop) -> None:
    await shop.topic()
    await shop.decide(failed_components=2)
    document_id = await processed(shop)
    await shop.decide(ai_failures=21)
    assert await shop.decide(after=30, ai_failures=21) is HEURISTIC

    assert await shop.completion().run() == 1
    await work_off(shop)

    assert await modes(shop, document_id) == ["primary", "heuristic", "primary"]
    assert await shop.vectors.count() == 1
    assert shop.classifier.calls == 0
    assert await complete_as_often_as_it_goes(shop) == 0


async def test_what_people_said_meanwhile_stays(shop: Workshop) -> None:
    unwanted, wanted = await shop.topic("Wool"), await shop.topic("Silk")
    await shop.parts.fallback.set_mode(HEURISTIC, "A test.")
    document_id = await processed(shop)
    async with shop.database.writing() as session:
        await TopicRepository(session, shop.owner_id).set_by_user(document_id, [wanted])
    await shop.parts.fallback.clear_override()

    await complete_as_often_as_it_goes(shop)

    assert await modes(shop, document_id) == ["primary"] * 3
    assert await sources(shop, document_id) == {wanted: TopicSource.USER}
    assert unwanted not in await sources(shop, document_id)


async def test_tries_of_one_document_come_to_an_end(shop: Workshop) -> None:
    """The provider fails at this document and at no other: its circuit stays closed."""
    topic = await shop.topic()
    shop.classifier.trouble = raising(AWAY)
    document_id = await processed(shop)
    waits: list[float] = []
    for _ in range(FALLBACK.completion_attempts):
        await shop.parts.fallback.circuit.succeeded()
        row = await shop.row(document_id, CLASSIFY)
        assert row.next_run_at is not None
        assert row.finished_at is not None
        waits.append(round((row.next_run_at - row.finished_at).total_seconds()))
        assert await shop.completion().run() == 0, "each try waits its time"
        await shop.make_due()
        assert await shop.completion().run() == 1
        await work_off(shop)

    row = await shop.row(document_id, CLASSIFY)
    assert waits == [10, 40, 160]
    assert row.result["ai_skipped"] is True
    assert (row.mode, row.next_run_at, row.state) == ("heuristic", None, "done")
    assert await sources(shop, document_id) == {topic: TopicSource.LOCAL}
    await shop.parts.fallback.circuit.succeeded()
    assert await complete_as_often_as_it_goes(shop) == 0
    assert (await shop.look(document_id)).status == DocumentStatus.READY


async def test_an_outage_uses_no_tries_up(shop: Workshop) -> None:
    await shop.topic()
    shop.classifier.trouble = raising(AWAY)
    document_id = await processed(shop)
    await open_circuit(shop)
    await shop.decide()
    for _ in range(10):
        shop.clock.now = shop.clock.now.replace(year=shop.clock.now.year + 1)
        assert await shop.parts.fallback.circuit.state() is CircuitState.HALF_OPEN
        assert await shop.completion().run() == 1, "the trial"
        assert await shop.completion().run() == 0, "one is enough"
        await work_off(shop)
        assert await shop.parts.fallback.circuit.state() is CircuitState.OPEN
    assert (await shop.row(document_id, CLASSIFY)).completions == 0

    shop.classifier.trouble = none
    shop.clock.now = shop.clock.now.replace(year=shop.clock.now.year + 1)
    assert await shop.completion().run() == 1
    await work_off(shop)
    assert await shop.parts.fallback.circuit.state() is CircuitState.CLOSED
    assert await modes(shop, document_id) == ["primary"] * 3


async def test_what_a_provider_never_answers_usefully_does_not_keep_the_circuit_open(
    shop: Workshop,
) -> None:
    """The only provisional document is what the provider fails at."""
    await shop.topic()
    shop.classifier.trouble = raising(GARBAGE)
    document_id = await processed(shop)
    await open_circuit(shop)
    await shop.decide()
    for _ in range(FALLBACK.completion_attempts):
        shop.clock.now = shop.clock.now.replace(year=shop.clock.now.year + 1)
        assert await shop.completion().run() == 1
        await work_off(shop)

    assert (await shop.row(document_id, CLASSIFY)).result["ai_skipped"] is True
    shop.clock.now = shop.clock.now.replace(year=shop.clock.now.year + 1)
    assert await shop.completion().run() == 0
    shop.classifier.trouble = none
    assert await modes(shop, await processed(shop, "another")) == ["primary"] * 3
    assert await shop.parts.fallback.circuit.state() is CircuitState.CLOSED, "the next is the trial"


async def test_a_stopped_trial_is_made_again(shop: Workshop) -> None:
    await shop.topic()
    await open_circuit(shop)
    await shop.decide()
    await shop.decide(after=FALLBACK.circuit_seconds)
    shop.classifier.trouble = hanging
    document_id = await shop.document()
    await shop.run(document_id, EXTRACT)
    await shop.run(document_id, CLASSIFY, stage_seconds=0.2)

    assert shop.classifier.calls == 1
    assert await shop.parts.fallback.has_trial()


async def test_a_batch_leaves_room_for_new_documents(
    shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(completion, "_BATCH", 3)
    await shop.topic()
    await shop.parts.fallback.set_mode(HEURISTIC, "A test.")
    for number in range(5):
        await processed(shop, f"text {number}")
    await shop.parts.fallback.clear_override()
    shop.queue.sent.clear()

    assert await shop.completion().run() == 3
    assert await shop.completion().run() == 0
    first = shop.queue.sent.pop(0)
    assert isinstance(first, StageTask)
    await shop.run(first.document_id, CLASSIFY)
    assert await shop.completion().run() == 1, "as much as there is room for"


async def made_by_rules(shop: Workshop, documents: int) -> list[UUID]:
    """Documents that are to be completed now, since everything is back."""
    await shop.topic()
    await shop.parts.fallback.set_mode(HEURISTIC, "A test.")
    made = [await processed(shop, f"text {number}") for number in range(documents)]
    await shop.parts.fallback.clear_override()
    return made


async def work_off_with(runner: StageRunner, shop: Workshop, most: int = 1000) -> None:
    for _ in range(most):
        if not shop.queue.sent:
            return
        task = shop.queue.sent.pop(0)
        assert isinstance(task, StageTask)
        await runner.run(task)


async def test_a_batch_that_is_nearly_done_is_followed_by_the_next(
    shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One sweep begins, and completion goes on as fast as the work does."""
    monkeypatch.setattr(completion, "_BATCH", 6)
    monkeypatch.setattr(completion, "_STRIDE", 2)
    documents = await made_by_rules(shop, 15)
    runner = shop.runner()
    assert await shop.completion().run() == 6

    await work_off_with(runner, shop, 3)
    reopened = [document_id for document_id, stage in shop.sent() if stage is CLASSIFY]
    assert len(reopened) == 3, "half a batch is left"
    new = await shop.document("A new document.")
    await shop.queue.send(StageTask(new, EXTRACT))
    await work_off_with(runner, shop, 1)
    hints = shop.sent()
    following = [
        place
        for place, (document_id, stage) in enumerate(hints)
        if stage is CLASSIFY and document_id not in reopened
    ]
    assert len(following) == 4, "a whole batch is under way again"
    assert hints.index((new, EXTRACT)) < following[0], "who was there before goes first"

    await work_off_with(runner, shop)
    for document_id in (*documents, new):
        assert await modes(shop, document_id) == ["primary"] * 3


async def test_what_fails_again_is_not_taken_up_at_once(
    shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(completion, "_BATCH", 4)
    monkeypatch.setattr(completion, "_STRIDE", 1)
    documents = await made_by_rules(shop, 6)
    shop.classifier.trouble = raising(GARBAGE)
    assert await shop.completion().run() == 4

    await work_off_with(shop.runner(), shop)

    assert not shop.queue.sent
    assert shop.classifier.calls <= len(documents), "each is tried no more than once"


async def test_a_database_that_goes_away_leaves_the_next_batch_to_the_sweep(
    shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(completion, "_STRIDE", 1)
    [document_id] = await made_by_rules(shop, 1)
    assert await shop.completion().run() == 1
    monkeypatch.setattr(
        CompletionRepository,
        "under_completion",
        lambda *_: raising(DependencyUnavailable(ErrorCode.DB_UNAVAILABLE))(),
    )

    await work_off_with(shop.runner(), shop)

    assert await modes(shop, document_id) == ["primary"] * 3


class Rival(Notebook):
    """Somebody else sweeps between the first document and the next."""

    def __init__(self, sweep: Callable[[], Awaitable[int]]) -> None:
        super().__init__()
        self.swept = 0
        self._sweep = sweep

    async def send(self, task: Task) -> bool:
        if not self.sent:
            self.swept = await self._sweep()
        return await super().send(task)


async def test_what_somebody_else_reopened_is_not_counted_twice(shop: Workshop) -> None:
    await made_by_rules(shop, 3)
    rival = Rival(shop.completion().run)

    reopened = await Completion(shop.database, rival, shop.parts.fallback, FALLBACK, QUICK).run()

    assert (reopened, rival.swept) == (1, 2)


# --- answers that are kept ------------------------------------------------------------------------


async def classify_again(shop: Workshop, document_id: UUID) -> None:
    async with shop.database.writing() as session:
        await session.execute(
            update(StageRecord)
            .where(StageRecord.document_id == document_id, StageRecord.stage == CLASSIFY)
            .values(state="pending", next_run_at=StageRecord.started_at)
        )
    await shop.run(document_id, CLASSIFY)


async def test_the_same_question_is_asked_once(shop: Workshop) -> None:
    topic = await shop.topic()
    document_id = await processed(shop)
    await open_circuit(shop)

    await classify_again(shop, document_id)

    assert shop.classifier.calls == 1
    assert await modes(shop, document_id) == ["primary"] * 3, "also while the circuit is open"
    assert await sources(shop, document_id) == {topic: TopicSource.AI}
    await shop.parts.fallback.circuit.succeeded()
    await shop.topic("Silk")
    await classify_again(shop, document_id)
    assert shop.classifier.calls == 2, "another menu is another question"


async def test_a_deleted_document_leaves_no_answer(shop: Workshop) -> None:
    await shop.topic()
    document_id = await processed(shop)
    assert len([key async for key in shop.key_value.scan("cache:")]) == 2

    await shop.parts.answers.forget(document_id)

    assert [key async for key in shop.key_value.scan("cache:")] == []


async def test_an_answer_to_an_earlier_question_goes_too(shop: Workshop) -> None:
    await shop.topic()
    document_id = await processed(shop)
    await shop.topic("Silk")

    await classify_again(shop, document_id)

    assert shop.classifier.calls == 2
    assert len([key async for key in shop.key_value.scan("cache:")]) == 2
    await shop.parts.answers.forget(document_id)
    assert [key async for key in shop.key_value.scan("cache:")] == []


@pytest.mark.parametrize("kept", [1, [["x", 1, "y"]], [[1, 2, 3]], {"a": 1}, [[]]])
async def test_an_answer_that_cannot_be_read_is_asked_for_again(shop: Workshop, kept: Any) -> None:
    await shop.topic()
    document_id = await processed(shop)
    [key] = [key async for key in shop.key_value.scan("cache:answers:")]
    await shop.key_value.set(key, kept)

    await classify_again(shop, document_id)

    assert shop.classifier.calls == 2


async def test_without_the_cache_a_question_is_asked_again(
    shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    topic = await shop.topic()
    document_id = await processed(shop)
    outage = raising(DependencyUnavailable(ErrorCode.REDIS_UNAVAILABLE))
    for name in ("_read", "_write", "_write_if_absent", "_replace"):
        monkeypatch.setattr(shop.key_value, name, lambda *_: outage())

    await classify_again(shop, document_id)

    assert shop.classifier.calls == 2
    assert await sources(shop, document_id) == {topic: TopicSource.AI}
    assert await modes(shop, document_id) == ["primary"] * 3


def test_stages_are_those_of_the_plans() -> None:
    from docuvault.pipeline.plans import PLANS

    assert set(PLANS) == set(Mode)
    assert all(set(plan) == set(Stage) for plan in PLANS.values())
