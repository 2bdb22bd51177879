"""Routing rules in the pipeline: written with the classification, or not at all."""

from collections.abc import Sequence
from uuid import UUID

import pytest
from sqlalchemy import delete, update

from docuvault.ai.base import ClassifiableDocument, Classification, TopicProfile
from docuvault.db.models import RoutingRule
from docuvault.db.repositories.rules import RuleRepository
from docuvault.documents.service import DocumentService
from docuvault.domain.documents import STAGE_ORDER, StageState
from docuvault.domain.errors import (
    DependencyUnavailable,
    DocuVaultError,
    ErrorCode,
    ProcessingFailed,
)
from docuvault.domain.modes import Mode
from docuvault.domain.rules import RuleActions
from docuvault.events.pending import PendingEvents
from docuvault.queue.pending import PendingTasks
from docuvault.search.sparse import SparseEncoder
from docuvault.search.vectors.base import VectorFilter
from tests.unit.pipeline.workshop import FakeClassifier, Workshop, open_parts, raising

EXTRACT, CLASSIFY, EMBED = STAGE_ORDER
TEXTS = 'family == "text"'


class Undecided(FakeClassifier):
    """Proposes nothing."""

    async def classify(
        self, document: ClassifiableDocument, topics: Sequence[TopicProfile]
    ) -> Classification:
        return Classification(())


@pytest.fixture
def undecided(shop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every topic comes from a rule."""
    parts = open_parts(shop.parts, Undecided(), shop.key_value, shop.clock)
    monkeypatch.setattr(shop, "parts", parts)


@pytest.fixture(autouse=True)
async def no_rules(shop: Workshop) -> None:
    async with shop.database.writing() as session:
        await session.execute(delete(RoutingRule))


async def add_rule(
    shop: Workshop, condition: str = TEXTS, *, enabled: bool = True, **actions: object
) -> UUID:
    async with shop.database.writing() as session:
        rules = RuleRepository(session, shop.owner_id)
        made = RuleActions(**actions)  # type: ignore[arg-type]
        return (await rules.add("My rule", condition, made, enabled=enabled)).id


async def correct(shop: Workshop, document_id: UUID, **changes: object) -> None:
    async with shop.database.writing() as session:
        service = DocumentService(session, shop.owner_id, PendingTasks(), PendingEvents())
        given = {"title": None, "topic_ids": None, **changes}
        await service.change(document_id, **given)  # type: ignore[arg-type]


async def again(shop: Workshop, document_id: UUID) -> None:
    async with shop.database.writing() as session:
        service = DocumentService(session, shop.owner_id, PendingTasks(), PendingEvents())
        await service.classify(document_id)
    await shop.run(document_id, CLASSIFY, EMBED)


async def sources(shop: Workshop, document_id: UUID) -> dict[str, str]:
    document = await shop.look(document_id)
    return {row.topic.name: row.source for row in document.topics if not row.rejected}


async def test_rules_are_asked_after_the_classifier(shop: Workshop) -> None:
    wool = await shop.topic("Wool")
    await add_rule(shop, 'topic == "wool" and confidence > 0.8', title="{topic}: {title}")
    await add_rule(shop, "confidence > 0.95", needs_review=True)
    document_id = await shop.document()

    await shop.run(document_id, *STAGE_ORDER)

    document = await shop.look(document_id)
    assert (document.title, document.title_source) == ("Wool: A title", "rule")
    assert not document.needs_review
    assert {row.topic_id for row in document.topics} == {wool}


async def test_rules_are_asked_without_any_topics(shop: Workshop) -> None:
    await add_rule(shop, title="Seen", needs_review=True)
    document_id = await shop.document()

    await shop.run(document_id, *STAGE_ORDER)

    document = await shop.look(document_id)
    assert (await shop.row(document_id, CLASSIFY)).error_code == ErrorCode.NO_TOPICS
    assert (document.title, document.needs_review) == ("Seen", True)


@pytest.mark.usefixtures("undecided")
async def test_a_topic_and_a_title_of_a_rule_reach_the_index(shop: Workshop) -> None:
    wool = await shop.topic()
    await add_rule(shop, topic_ids=(wool,), title="Knitwear")
    document_id = await shop.document("some words")

    await shop.run(document_id, *STAGE_ORDER)

    [row] = (await shop.look(document_id)).topics
    assert (row.source, row.confidence, row.evidence) == ("rule", 1.0, "My rule")
    for word in ("words", "knitwear"):
        found = await shop.vectors.search(
            VectorFilter(owner_id=shop.owner_id, topic_ids=(wool,)),
            dense=None,
            sparse=SparseEncoder(average_words=128).encode_query(word),
            limit=9,
        )
        assert {hit.document_id for hit in found.sparse} == {document_id}, word


@pytest.mark.parametrize("auto_classify", [True, False])
async def test_nothing_runs_where_it_was_switched_off(shop: Workshop, auto_classify: bool) -> None:
    await add_rule(shop, needs_review=True)
    document_id = await shop.document(auto_classify=auto_classify)

    await shop.run(document_id, *STAGE_ORDER)

    assert (await shop.look(document_id)).needs_review is auto_classify


async def test_a_rule_that_is_switched_off_is_not_asked(shop: Workshop) -> None:
    await add_rule(shop, needs_review=True, enabled=False)
    document_id = await shop.document()

    await shop.run(document_id, *STAGE_ORDER)

    assert not (await shop.look(document_id)).needs_review


async def test_a_rule_that_cannot_be_understood_keeps_nothing_back(
    shop: Workshop, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = await add_rule(shop, needs_review=True)
    async with shop.database.writing() as session:
        await session.execute(update(RoutingRule).values(condition="weather is fine"))
    odd = await add_rule(shop)
    async with shop.database.writing() as session:
        await session.execute(
            update(RoutingRule)
            .where(RoutingRule.id == odd)
            .values(actions={"topic_ids": ["no id"], "title": None})
        )
    await add_rule(shop, title="Good")
    document_id = await shop.document()

    await shop.run(document_id, *STAGE_ORDER)

    document = await shop.look(document_id)
    assert [row.state for row in document.stages] == ["done", "skipped", "done"]
    assert (document.title, document.needs_review) == ("Good", False)
    skipped = [line for line in capsys.readouterr().out.splitlines() if "rules.skipped" in line]
    assert [str(bad) in skipped[0], str(odd) in skipped[1]] == [True, True]


async def test_people_have_the_last_word(shop: Workshop) -> None:
    wool, silk = await shop.topic("Wool"), await shop.topic("Silk")
    await add_rule(shop, topic_ids=(wool, silk), title="By rule", needs_review=True)
    document_id = await shop.document()
    await shop.run(document_id, *STAGE_ORDER)
    assert (await shop.look(document_id)).needs_review

    await correct(shop, document_id, title="Mine", topic_ids=[silk], needs_review=False)
    await again(shop, document_id)

    document = await shop.look(document_id)
    assert (document.title, document.needs_review) == ("Mine", False)
    assert await sources(shop, document_id) == {"Silk": "user"}


@pytest.mark.parametrize(
    "error",
    [
        DependencyUnavailable(ErrorCode.AI_UNAVAILABLE),
        ProcessingFailed(ErrorCode.AI_INVALID_OUTPUT),
    ],
)
async def test_rules_are_asked_when_the_provider_fails(
    shop: Workshop, error: DocuVaultError
) -> None:
    await shop.topic("Wool")
    await add_rule(shop, 'topic == "Wool"', title="By rule")
    shop.classifier.trouble = raising(error)
    document_id = await shop.document()

    await shop.run(document_id, *STAGE_ORDER)

    assert (await shop.look(document_id)).title == "By rule"
    assert await sources(shop, document_id) == {"Wool": "local"}


@pytest.mark.parametrize("mode", [Mode.HEURISTIC, Mode.SAFE])
async def test_rules_are_asked_when_topics_are_found_not_when_they_are_deferred(
    shop: Workshop, mode: Mode
) -> None:
    await shop.topic("Wool")
    await add_rule(shop, title="By rule", needs_review=True)
    await shop.parts.fallback.set_mode(mode, "A test.")
    document_id = await shop.document()

    await shop.run(document_id, *STAGE_ORDER)

    document = await shop.look(document_id)
    assert document.needs_review is (mode is Mode.HEURISTIC)
    assert document.title == ("By rule" if mode is Mode.HEURISTIC else "A title")
    await shop.parts.fallback.clear_override()
    await again(shop, document_id)
    document = await shop.look(document_id)
    assert (document.title, document.needs_review) == ("By rule", True)


async def test_a_review_outlives_the_completion(shop: Workshop) -> None:
    """What was found with less is found again by itself; nobody has to look twice for that."""
    await shop.topic("Wool")
    await add_rule(shop, needs_review=True)
    await shop.parts.fallback.set_mode(Mode.HEURISTIC, "A test.")
    document_id = await shop.document()
    await shop.run(document_id, *STAGE_ORDER)
    await correct(shop, document_id, needs_review=False)

    await shop.parts.fallback.clear_override()
    assert await shop.completion().run() == 1
    await shop.run(document_id, CLASSIFY, EMBED)

    assert await sources(shop, document_id) == {"Wool": "ai"}
    assert not (await shop.look(document_id)).needs_review


@pytest.mark.usefixtures("undecided")
async def test_what_rules_no_longer_say_goes(shop: Workshop) -> None:
    wool = await shop.topic()
    rule_id = await add_rule(shop, topic_ids=(wool,), title="By rule")
    document_id = await shop.document()
    await shop.run(document_id, *STAGE_ORDER)
    assert await sources(shop, document_id) == {"Wool": "rule"}

    async with shop.database.writing() as session:
        await RuleRepository(session, shop.owner_id).remove(rule_id)
    await again(shop, document_id)

    document = await shop.look(document_id)
    assert (document.title, document.title_source) == ("a", "name")
    assert await sources(shop, document_id) == {}


async def test_no_classifier_is_shown_the_title_of_a_rule(
    shop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    titles: list[str] = []

    class Reading(FakeClassifier):
        async def classify(
            self, document: ClassifiableDocument, topics: Sequence[TopicProfile]
        ) -> Classification:
            titles.append(document.title)
            return await super().classify(document, topics)

    parts = open_parts(shop.parts, Reading(), shop.key_value, shop.clock)
    monkeypatch.setattr(shop, "parts", parts)
    await shop.topic()
    await add_rule(shop, title="{topic}!")
    document_id = await shop.document()
    await shop.run(document_id, *STAGE_ORDER)
    await again(shop, document_id)
    assert (await shop.look(document_id)).title == "Wool!"

    await correct(shop, document_id, title="Mine")
    await again(shop, document_id)

    assert titles == ["A title", "a", "Mine"]


async def test_whoever_lost_the_stage_writes_nothing(shop: Workshop) -> None:
    await shop.topic()
    await add_rule(shop, title="By rule")
    document_id = await shop.document()
    await shop.run(document_id, EXTRACT)

    async def somebody_else_takes_over() -> None:
        async with shop.database.writing() as session:
            service = DocumentService(session, shop.owner_id, PendingTasks(), PendingEvents())
            await service.classify(document_id)

    shop.classifier.trouble = somebody_else_takes_over
    await shop.run(document_id, CLASSIFY)

    assert (await shop.row(document_id, CLASSIFY)).state == StageState.PENDING
    assert (await shop.look(document_id)).title == "A title"
