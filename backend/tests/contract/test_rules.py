"""Routing rules, and what they read and write of documents: the same on both databases."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, select, text, update

from docuvault.db.models import (
    AuditEntry,
    Document,
    DocumentTopic,
    RoutingRule,
    Topic,
    User,
)
from docuvault.db.repositories.documents import DocumentRepository, NewDocument
from docuvault.db.repositories.listing import DocumentFilter, DocumentListing, DocumentSort
from docuvault.db.repositories.routing import RoutingRepository
from docuvault.db.repositories.rules import RuleRepository
from docuvault.db.repositories.topics import Assignment, TopicRepository
from docuvault.db.session import Database
from docuvault.documents.rule_trial import MOST_EXAMPLES, RuleTrial
from docuvault.documents.rules import KeptRule, RuleDraft, RuleService
from docuvault.documents.service import DocumentService
from docuvault.domain.documents import TitleSource, TopicSource
from docuvault.domain.errors import ErrorCode, InvalidInput, NotFound
from docuvault.domain.rules import MAX_RULES, RuleActions
from docuvault.events.base import Event
from docuvault.events.pending import PendingEvents
from docuvault.queue.pending import PendingTasks
from tests.contract.databases import open_database, owner_of
from tests.servers.postgres import PostgresServer

REVIEW = RuleActions(needs_review=True)


class Desk:
    """A database, its owner, and a stranger whose rules must stay out of sight."""

    def __init__(self, database: Database, owner_id: UUID, stranger_id: UUID) -> None:
        self.database = database
        self.owner_id = owner_id
        self.stranger_id = stranger_id

    async def make(
        self,
        name: str = "A rule",
        condition: str = 'mime == "text/plain"',
        actions: RuleActions = REVIEW,
        *,
        enabled: bool = True,
        owner: UUID | None = None,
    ) -> UUID:
        async with self.database.writing() as session:
            service = RuleService(session, owner or self.owner_id, PendingEvents())
            kept = await service.create(RuleDraft(name, condition, actions, enabled))
            return kept.rule.id

    async def order(self, rule_ids: Sequence[UUID]) -> list[KeptRule]:
        async with self.database.writing() as session:
            return await RuleService(session, self.owner_id, PendingEvents()).reorder(rule_ids)

    async def all(self) -> list[KeptRule]:
        async with self.database.reading() as session:
            return await RuleService(session, self.owner_id, PendingEvents()).all()

    async def names(self) -> list[str]:
        return [kept.rule.name for kept in await self.all()]

    async def ids(self) -> list[UUID]:
        return [kept.rule.id for kept in await self.all()]

    async def topic(self, name: str, *, owner: UUID | None = None) -> UUID:
        async with self.database.writing() as session:
            topics = TopicRepository(session, owner or self.owner_id)
            return (await topics.add(name, "", "#000000")).id

    async def document(self, title: str = "A title", *, read: bool = True) -> UUID:
        document_id = uuid4()
        async with self.database.writing() as session:
            await DocumentRepository(session, self.owner_id).add(
                NewDocument(
                    id=document_id,
                    title=title,
                    original_name=f"{title}.txt",
                    media_type="text/plain",
                    size_bytes=1,
                    sha256=uuid4().hex * 2,
                    object_key=str(document_id),
                    auto_classify=True,
                )
            )
            if read:
                await session.execute(
                    update(Document).where(Document.id == document_id).values(character_count=1)
                )
        return document_id

    async def row(self, document_id: UUID) -> Document:
        async with self.database.reading() as session:
            return (await session.scalars(select(Document).where(Document.id == document_id))).one()

    async def topics_of(self, document_id: UUID) -> dict[UUID, tuple[str, bool]]:
        async with self.database.reading() as session:
            rows = await session.scalars(
                select(DocumentTopic).where(DocumentTopic.document_id == document_id)
            )
            return {row.topic_id: (row.source, row.rejected) for row in rows}

    async def put_topics(
        self, method: str, document_id: UUID, topic_ids: Sequence[UUID], source: TopicSource
    ) -> None:
        given = [Assignment(topic_id, source, 0.75, "Because.") for topic_id in topic_ids]
        async with self.database.writing() as session:
            topics = TopicRepository(session, self.owner_id)
            await getattr(topics, method)(document_id, given)

    async def everything(self) -> list[Any]:
        """All rows that a rule could touch; on PostgreSQL with the version of each row."""
        version = "xmin, " if self.database.dialect == "postgresql" else ""
        found: list[Any] = []
        async with self.database.reading() as session:
            for table in ("documents", "document_topics", "stage_records", "routing_rules"):
                rows = await session.execute(text(f"SELECT {version}* FROM {table}"))
                found.append(sorted(map(repr, rows.all())))
        return found


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
async def shared(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Desk]:
    postgres: PostgresServer = request.getfixturevalue("postgres")
    folder: Path = tmp_path_factory.mktemp("rules")
    async with open_database(request.param, folder, postgres) as database:
        owner_id = await owner_of(database)
        async with database.writing() as session:
            stranger = User(name="stranger")
            session.add(stranger)
        yield Desk(database, owner_id, stranger.id)


@pytest.fixture
async def desk(shared: Desk) -> Desk:
    """An empty desk."""
    async with shared.database.writing() as session:
        for table in (Document, Topic, RoutingRule, AuditEntry):
            await session.execute(delete(table))
    return shared


# --- rules ----------------------------------------------------------------------------------------


async def test_a_rule_is_kept_as_it_was_meant(desk: Desk) -> None:
    topic = await desk.topic("Taxes")
    actions = RuleActions((topic,), "{topic} {date}", needs_review=True)

    rule_id = await desk.make("Bills", 'NOT(mime=="a/b")  or size_bytes>1.50', actions)

    [kept] = await desk.all()
    assert kept.rule.id == rule_id
    assert kept.rule.condition == 'not mime == "a/b" or size_bytes > 1.5'
    assert (kept.rule.name, kept.rule.enabled, kept.actions) == ("Bills", True, actions)
    assert (kept.missing_topic_ids, kept.fault) == ((), None)


async def test_a_change_replaces_the_whole_rule_and_tells(desk: Desk) -> None:
    first, second = await desk.make("first"), await desk.make("second")
    events = PendingEvents()
    async with desk.database.writing() as session:
        service = RuleService(session, desk.owner_id, events)
        draft = RuleDraft("other", "page_count > 3", RuleActions(title="{title}"), enabled=False)
        kept = await service.change(first, draft)

    assert (kept.rule.name, kept.rule.condition, kept.rule.enabled) == (
        "other",
        "page_count > 3",
        False,
    )
    assert kept.actions == RuleActions(title="{title}")
    assert kept.rule.updated_at > kept.rule.created_at
    assert await desk.ids() == [first, second], "its place stays"
    assert list(events._events) == [Event(desk.owner_id, "rule", first)]
    async with desk.database.reading() as session:
        actions = list(await session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))
    assert actions == ["rule.created", "rule.created", "rule.changed"]


@pytest.mark.parametrize(
    ("condition", "actions", "code", "field"),
    [
        ("mime > 3", REVIEW, ErrorCode.BAD_CONDITION, "body.condition"),
        ("age_days > 3", REVIEW, ErrorCode.BAD_CONDITION, "body.condition"),
        ("size_bytes > 3", RuleActions(), ErrorCode.VALIDATION_FAILED, "body.actions"),
        (
            "size_bytes > 3",
            RuleActions(title="{topics}"),
            ErrorCode.VALIDATION_FAILED,
            "body.actions.title",
        ),
        (
            "size_bytes > 3",
            RuleActions(topic_ids=(uuid4(),)),
            ErrorCode.VALIDATION_FAILED,
            "body.actions.topic_ids",
        ),
    ],
)
async def test_what_cannot_be_done_is_refused(
    desk: Desk, condition: str, actions: RuleActions, code: ErrorCode, field: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        await desk.make("x", condition, actions)

    assert (refused.value.code, refused.value.errors[0].field) == (code, field)
    assert await desk.all() == []


async def test_nothing_of_a_stranger_can_be_reached(desk: Desk) -> None:
    theirs = await desk.make("theirs", owner=desk.stranger_id)
    topic = await desk.topic("theirs", owner=desk.stranger_id)

    assert await desk.all() == []
    with pytest.raises(InvalidInput):
        await desk.make(actions=RuleActions((topic,)))
    async with desk.database.writing() as session:
        service = RuleService(session, desk.owner_id, PendingEvents())
        draft = RuleDraft("mine now", "step > 1", REVIEW, enabled=True)
        for ask in (service.get(theirs), service.change(theirs, draft), service.delete(theirs)):
            with pytest.raises(NotFound):
                await ask
        with pytest.raises(NotFound):
            await RuleTrial(session, desk.owner_id).of_kept(theirs)
    async with desk.database.reading() as session:
        kept = await RuleService(session, desk.stranger_id, PendingEvents()).get(theirs)
    assert kept.rule.name == "theirs"


async def test_a_topic_that_goes_away_is_told_and_may_stay(desk: Desk) -> None:
    gone, kept = await desk.topic("gone"), await desk.topic("kept")
    rule_id = await desk.make(actions=RuleActions((gone, kept)))
    async with desk.database.writing() as session:
        await TopicRepository(session, desk.owner_id).remove(gone)

    [rule] = await desk.all()
    assert rule.missing_topic_ids == (gone,)
    async with desk.database.writing() as session:
        service = RuleService(session, desk.owner_id, PendingEvents())
        draft = RuleDraft("off", rule.rule.condition, rule.actions, enabled=False)
        assert (await service.change(rule_id, draft)).missing_topic_ids == (gone,)


async def test_a_rule_of_an_older_grammar_says_so(desk: Desk) -> None:
    rule_id = await desk.make()
    async with desk.database.writing() as session:
        await session.execute(update(RoutingRule).values(condition="weather is fine"))

    [kept] = await desk.all()
    assert kept.rule.id == rule_id
    assert kept.fault is not None
    assert "no field of this name" in kept.fault


# --- order and number -----------------------------------------------------------------------------


async def test_rules_come_in_the_order_they_were_put_in(desk: Desk) -> None:
    a, b, c = [await desk.make(name) for name in "abc"]
    assert await desk.names() == ["a", "b", "c"]

    assert [kept.rule.name for kept in await desk.order([c, a, b])] == ["c", "a", "b"]
    async with desk.database.writing() as session:
        await RuleService(session, desk.owner_id, PendingEvents()).delete(a)
    await desk.make("d")

    assert await desk.names() == ["c", "b", "d"]


async def test_an_order_names_each_rule_once(desk: Desk) -> None:
    a, b = [await desk.make(name) for name in "ab"]
    theirs = await desk.make(owner=desk.stranger_id)

    for wrong in ([], [a], [a, a], [a, b, b], [a, b, uuid4()], [a, theirs]):
        with pytest.raises(InvalidInput) as refused:
            await desk.order(wrong)
        assert refused.value.errors[0].field == "body.ids"
    assert await desk.names() == ["a", "b"]


async def test_orders_given_at_the_same_time_end_as_one_of_them(desk: Desk) -> None:
    ids = [await desk.make(str(number)) for number in range(6)]
    orders = [ids[n:] + ids[:n] for n in range(6)] * 3

    await asyncio.gather(*(desk.order(order) for order in orders))

    assert await desk.ids() in orders
    async with desk.database.reading() as session:
        places = await session.scalars(
            select(RoutingRule.position).where(RoutingRule.owner_id == desk.owner_id)
        )
        assert sorted(places) == list(range(6))


async def test_rules_made_while_others_are_ordered_keep_their_place(desk: Desk) -> None:
    ids = [await desk.make(str(number)) for number in range(4)]

    made = await asyncio.gather(
        *(desk.make("new") for _ in range(4)),
        *(desk.order(ids[::-1]) for _ in range(4)),
        return_exceptions=True,
    )

    assert not [one for one in made[:4] if isinstance(one, BaseException)]
    refused = [one for one in made[4:] if isinstance(one, BaseException)]
    assert all(isinstance(one, InvalidInput) for one in refused)
    names = await desk.names()
    assert sorted(names) == ["0", "1", "2", "3", *["new"] * 4]
    assert names[4:] == ["new"] * 4


async def test_the_last_free_place_is_given_once(desk: Desk) -> None:
    async with desk.database.writing() as session:
        rules = RuleRepository(session, desk.owner_id)
        for _ in range(MAX_RULES - 1):
            await rules.add("x", "step > 1", REVIEW, enabled=True)

    made = await asyncio.gather(*(desk.make() for _ in range(5)), return_exceptions=True)

    assert len([one for one in made if isinstance(one, UUID)]) == 1
    refused = [one for one in made if isinstance(one, InvalidInput)]
    assert len(refused) == 4
    assert "200" in refused[0].detail
    assert len(await desk.all()) == MAX_RULES


# --- what rules write -----------------------------------------------------------------------------


async def test_rules_replace_only_what_rules_said(desk: Desk) -> None:
    by_hand, refused, found, old, new = [
        await desk.topic(name) for name in ("hand", "refused", "found", "old", "new")
    ]
    document_id = await desk.document()
    await desk.put_topics("set_by_classifier", document_id, [refused, found], TopicSource.LOCAL)
    async with desk.database.writing() as session:
        await TopicRepository(session, desk.owner_id).set_by_user(document_id, [by_hand])
    await desk.put_topics("set_by_classifier", document_id, [found], TopicSource.AI)
    rejected = {refused: ("user", True), found: ("user", True)}

    await desk.put_topics("set_by_rules", document_id, [old, refused, by_hand], TopicSource.RULE)
    assert await desk.topics_of(document_id) == {
        **rejected,
        by_hand: ("user", False),
        old: ("rule", False),
    }
    await desk.put_topics("set_by_rules", document_id, [new], TopicSource.RULE)
    assert await desk.topics_of(document_id) == {
        **rejected,
        by_hand: ("user", False),
        new: ("rule", False),
    }
    await desk.put_topics("set_by_classifier", document_id, [old], TopicSource.LOCAL)
    assert await desk.topics_of(document_id) == {
        **rejected,
        by_hand: ("user", False),
        old: ("local", False),
    }


async def test_a_title_of_a_person_stays(desk: Desk) -> None:
    document_id = await desk.document("Old")

    async def rule_says(title: str) -> None:
        async with desk.database.writing() as session:
            routing = RoutingRepository(session, desk.owner_id)
            await routing.set_title(document_id, title, TitleSource.RULE)

    await rule_says("Größe")
    row = await desk.row(document_id)
    assert (row.title, row.title_folded, row.title_source) == ("Größe", "grosse", "rule")
    async with desk.database.writing() as session:
        await DocumentRepository(session, desk.owner_id).set_title(document_id, "Mine")
    await rule_says("Again")
    row = await desk.row(document_id)
    assert (row.title, row.title_source) == ("Mine", "user")


async def test_what_a_person_has_reviewed_is_not_asked_for_again(desk: Desk) -> None:
    document_id = await desk.document()

    async def rule_asks() -> bool:
        async with desk.database.writing() as session:
            await RoutingRepository(session, desk.owner_id).ask_for_review(document_id)
        return (await desk.row(document_id)).needs_review

    async def person_says(needs_review: bool) -> None:
        async with desk.database.writing() as session:
            service = DocumentService(session, desk.owner_id, PendingTasks(), PendingEvents())
            await service.change(document_id, title=None, topic_ids=None, needs_review=needs_review)

    assert await rule_asks()
    await person_says(False)
    assert not await rule_asks()
    await person_says(True)
    row = await desk.row(document_id)
    assert (row.needs_review, row.reviewed_at) == (True, None)


async def test_lists_are_narrowed_to_what_needs_review(desk: Desk) -> None:
    plain, marked = await desk.document("plain"), await desk.document("marked")
    async with desk.database.writing() as session:
        await RoutingRepository(session, desk.owner_id).ask_for_review(marked)

    async def listed(needs_review: bool | None) -> tuple[set[UUID], int]:
        async with desk.database.reading() as session:
            found = await DocumentListing(session, desk.owner_id).page(
                DocumentFilter(needs_review=needs_review), DocumentSort.NEWEST, offset=0, limit=9
            )
        assert all(one.needs_review is (one.id == marked) for one in found.documents)
        return {one.id for one in found.documents}, found.total

    assert await listed(True) == ({marked}, 1)
    assert await listed(False) == ({plain}, 1)
    assert await listed(None) == ({plain, marked}, 2)


# --- trying ---------------------------------------------------------------------------------------


async def test_a_trial_tells_what_would_change_and_changes_nothing(desk: Desk) -> None:
    present, wanted = await desk.topic("present"), await desk.topic("wanted")
    for title in ("Invoice 1", "invoice 2", "letter"):
        await desk.document(title)
    second = next(
        document.id for document in await _documents(desk) if document.title == "invoice 2"
    )
    await desk.put_topics("set_by_rules", second, [present], TopicSource.RULE)
    await desk.document("invoice unread", read=False)
    before = await desk.everything()

    async with desk.database.reading() as session:
        trial = await RuleTrial(session, desk.owner_id).of_draft(
            'filename contains "INVOICE"',
            RuleActions((present, wanted), "{topic}: {title}", needs_review=True),
        )

    assert (trial.checked, trial.matches, trial.stopped) == (3, 2, False)
    newest, oldest = trial.examples
    assert (newest.title, newest.new_title) == ("invoice 2", "present: invoice 2")
    assert newest.new_topic_ids == (wanted,), "what it has already is no change"
    assert oldest.new_topic_ids == (present, wanted)
    assert oldest.needs_review
    assert await desk.everything() == before


@pytest.mark.parametrize("page", [5, 7, 100])
async def test_a_trial_stops_after_the_newest_documents(desk: Desk, page: int) -> None:
    for number in range(25):
        await desk.document(str(number))
    rule_id = await desk.make(enabled=False)

    async def tried() -> tuple[int, int, bool, list[str]]:
        async with desk.database.reading() as session:
            trial = RuleTrial(session, desk.owner_id, most=25, page=page)
            found = await trial.of_kept(rule_id)
        titles = [example.title for example in found.examples]
        return found.checked, found.matches, found.stopped, titles

    newest = [str(number) for number in range(24, 24 - MOST_EXAMPLES, -1)]
    assert await tried() == (25, 25, False, newest)
    await desk.document("25")
    assert await tried() == (25, 25, True, ["25", *newest[:-1]])


async def _documents(desk: Desk) -> list[Document]:
    async with desk.database.reading() as session:
        return list(await session.scalars(select(Document)))
