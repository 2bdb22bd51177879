"""Queries about documents, topics, uploads and people: the same on both databases."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import numpy as np
import pytest
from sqlalchemy import delete, func, select, update

from docuvault.api.presenting import listed
from docuvault.db.models import (
    AuditEntry,
    Chunk,
    Document,
    DocumentTopic,
    Page,
    StageRecord,
    Topic,
    UploadIntent,
    User,
)
from docuvault.db.repositories.audit import record
from docuvault.db.repositories.deletions import (
    DeletionRepository,
    deleted_ids,
    find_deleted,
    is_gone,
    remove,
)
from docuvault.db.repositories.documents import DocumentRepository, NewDocument
from docuvault.db.repositories.listed import FailureReason
from docuvault.db.repositories.listing import (
    DocumentFilter,
    DocumentListing,
    DocumentSort,
    ListPlace,
)
from docuvault.db.repositories.numbers import Numbered, next_number
from docuvault.db.repositories.stages import StageRepository
from docuvault.db.repositories.texts import TextRepository
from docuvault.db.repositories.topics import Assignment, TopicRepository
from docuvault.db.repositories.uploads import UploadRepository
from docuvault.db.repositories.users import ensure_owner, find_owner
from docuvault.db.session import Database, DuplicateRow
from docuvault.documents.service import DocumentService
from docuvault.documents.topics import TopicService
from docuvault.domain.documents import DocumentStatus, Stage, TopicSource, UploadState
from docuvault.domain.errors import Conflict, ErrorCode, InvalidInput, NotFound
from docuvault.domain.media_types import Family
from docuvault.events.base import Event
from docuvault.events.pending import PendingEvents
from docuvault.queue.base import StageTask
from docuvault.queue.pending import PendingTasks
from tests.contract.databases import open_database, owner_of
from tests.servers.postgres import PostgresServer

MODEL = "a-model"


def new_document(title: str = "A title", **values: object) -> NewDocument:
    document_id = uuid4()
    made = NewDocument(
        id=document_id,
        title=title,
        original_name=f"{title}.txt",
        media_type="text/plain",
        size_bytes=1,
        sha256=uuid4().hex * 2,
        object_key=f"x/{document_id}/{uuid4()}",
        auto_classify=True,
    )
    return replace(made, **values)  # type: ignore[arg-type]


class Shelf:
    """A database, its owner, and a stranger whose things must stay out of sight."""

    def __init__(self, database: Database, owner_id: UUID, stranger_id: UUID) -> None:
        self.database = database
        self.owner_id = owner_id
        self.stranger_id = stranger_id

    async def add(
        self, title: str = "A title", *, owner: UUID | None = None, **values: object
    ) -> UUID:
        new = new_document(title, **values)
        async with self.database.writing() as session:
            await DocumentRepository(session, owner or self.owner_id).add(new)
        return new.id

    async def topic(self, name: str, *, owner: UUID | None = None) -> UUID:
        async with self.database.writing() as session:
            return (
                await TopicRepository(session, owner or self.owner_id).add(name, "", "#000000")
            ).id

    async def assign(self, document_id: UUID, topic_ids: Sequence[UUID]) -> None:
        async with self.database.writing() as session:
            await TopicRepository(session, self.owner_id).set_by_user(document_id, topic_ids)

    async def classify(self, document_id: UUID, topic_ids: Sequence[UUID]) -> None:
        async with self.database.writing() as session:
            await TopicRepository(session, self.owner_id).set_by_classifier(
                document_id,
                [
                    Assignment(topic_id, TopicSource.LOCAL, 0.75, "Because.")
                    for topic_id in topic_ids
                ],
            )

    async def rows(self, document_id: UUID) -> dict[UUID, DocumentTopic]:
        async with self.database.reading() as session:
            found = await session.scalars(
                select(DocumentTopic).where(DocumentTopic.document_id == document_id)
            )
            return {row.topic_id: row for row in found}

    async def topics_of(self, document_id: UUID) -> set[UUID]:
        async with self.database.reading() as session:
            return set(await TopicRepository(session, self.owner_id).topics_of(document_id))

    async def titles(
        self,
        filter_: DocumentFilter | None = None,
        sort: DocumentSort = DocumentSort.OLDEST,
        offset: int = 0,
        limit: int = 100,
    ) -> tuple[list[str], int]:
        async with self.database.reading() as session:
            found = await DocumentListing(session, self.owner_id).page(
                filter_ or DocumentFilter(), sort, offset=offset, limit=limit
            )
            return [document.title for document in found.documents], found.total

    async def walk(
        self, filter_: DocumentFilter, sort: DocumentSort, limit: int, start: ListPlace | None
    ) -> tuple[list[str], ListPlace | None]:
        """Titles of the window after a place, or of the first one, and where to go on."""
        async with self.database.reading() as session:
            listing = DocumentListing(session, self.owner_id)
            found = (
                await listing.page(filter_, sort, offset=0, limit=limit)
                if start is None
                else await listing.after(filter_, start, limit=limit)
            )
            return [document.title for document in found.documents], found.next

    async def hide(self, document_id: UUID) -> bool:
        async with self.database.writing() as session:
            return await DeletionRepository(session, self.owner_id).hide(document_id)

    def service(
        self, session: object, tasks: PendingTasks, events: PendingEvents
    ) -> DocumentService:
        return DocumentService(session, self.owner_id, tasks, events)  # type: ignore[arg-type]


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
async def shared(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Shelf]:
    postgres: PostgresServer = request.getfixturevalue("postgres")
    folder: Path = tmp_path_factory.mktemp("repositories")
    async with open_database(request.param, folder, postgres) as database:
        owner_id = await owner_of(database)
        async with database.writing() as session:
            stranger = User(name="stranger")
            session.add(stranger)
        yield Shelf(database, owner_id, stranger.id)


@pytest.fixture
async def shelf(shared: Shelf) -> Shelf:
    """An empty shelf."""
    async with shared.database.writing() as session:
        for table in (Document, Topic, UploadIntent, AuditEntry):
            await session.execute(delete(table))
    return shared


# --- documents ------------------------------------------------------------------------------------


async def test_a_new_document_has_all_its_stages_and_a_number(shelf: Shelf) -> None:
    document_id = await shelf.add("Größe")

    async with shelf.database.reading() as session:
        document = await DocumentRepository(session, shelf.owner_id).get(document_id)

    assert document is not None
    assert [record.stage for record in document.stages] == ["extract", "classify", "embed"]
    assert document.status == DocumentStatus.PENDING
    assert document.number >= 1
    assert document.topics == []
    assert abs(document.created_at - datetime.now(UTC)) < timedelta(seconds=10)


async def test_numbers_are_given_once_and_without_gaps(shelf: Shelf) -> None:
    await asyncio.gather(*(shelf.add(f"n{n}") for n in range(40)))

    async with shelf.database.reading() as session:
        numbers = sorted(await session.scalars(select(Document.number)))
    assert numbers == list(range(numbers[0], numbers[0] + 40))


async def test_a_rollback_gives_its_number_back(shelf: Shelf) -> None:
    async def next_one() -> int:
        async with shelf.database.writing() as session:
            return await next_number(session, Numbered.DOCUMENT)

    before = await next_one()
    with pytest.raises(ZeroDivisionError):
        async with shelf.database.writing() as session:
            assert await next_number(session, Numbered.DOCUMENT, 5) == before + 1
            raise ZeroDivisionError
    assert await next_one() == before + 1


async def test_numbers_of_documents_and_topics_do_not_mix(shelf: Shelf) -> None:
    async with shelf.database.writing() as session:
        topic = await next_number(session, Numbered.TOPIC)
        await next_number(session, Numbered.DOCUMENT, 100)
        assert await next_number(session, Numbered.TOPIC) == topic + 1


async def test_the_same_bytes_are_one_live_document_per_owner(shelf: Shelf) -> None:
    sha256 = "ab" * 32
    first = await shelf.add(sha256=sha256)
    with pytest.raises(DuplicateRow):
        await shelf.add(sha256=sha256)
    await shelf.add(sha256=sha256, owner=shelf.stranger_id)

    async with shelf.database.reading() as session:
        found = await DocumentRepository(session, shelf.owner_id).find_by_hash(sha256)
    assert found is not None
    assert found.id == first

    assert await shelf.hide(first)
    async with shelf.database.reading() as session:
        assert await DocumentRepository(session, shelf.owner_id).find_by_hash(sha256) is None
    second = await shelf.add(sha256=sha256)
    assert second != first
    assert await shelf.hide(second), "any number of deleted ones may hold the same bytes"


async def test_one_of_twenty_uploads_of_the_same_bytes_makes_the_document(shelf: Shelf) -> None:
    made = await asyncio.gather(
        *(shelf.add(sha256="cd" * 32) for _ in range(20)), return_exceptions=True
    )

    assert sum(isinstance(found, UUID) for found in made) == 1
    assert sum(isinstance(found, DuplicateRow) for found in made) == 19
    assert (await shelf.titles())[1] == 1


async def test_nothing_of_a_stranger_can_be_reached(shelf: Shelf) -> None:
    foreign = await shelf.add("foreign", owner=shelf.stranger_id, sha256="ef" * 32)
    topic = await shelf.topic("Foreign", owner=shelf.stranger_id)

    async with shelf.database.writing() as session:
        documents = DocumentRepository(session, shelf.owner_id)
        topics = TopicRepository(session, shelf.owner_id)
        assert await documents.get(foreign) is None
        assert await DocumentListing(session, shelf.owner_id).get_many([foreign]) == {}
        assert await documents.find_by_hash("ef" * 32) is None
        assert await documents.pages(foreign, None) == []
        assert not await documents.set_object_key(foreign, "mine")
        await documents.set_title(foreign, "mine")
        assert not await DeletionRepository(session, shelf.owner_id).hide(foreign)
        assert await topics.get(topic) is None
        assert await topics.all() == []
        assert await topics.existing([topic]) == set()
        assert await topics.find_by_name("foreign") is None
        await topics.change(topic, name="mine", description=None, color=None)
        await topics.remove(topic)
    assert (await shelf.titles())[1] == 0
    mine = await shelf.add("mine")
    await shelf.assign(mine, [topic])
    await shelf.classify(mine, [topic])
    assert await shelf.rows(mine) == {}
    async with shelf.database.reading() as session:
        assert (
            await session.scalar(select(Document.title).where(Document.id == foreign)) == "foreign"
        )
        assert await session.scalar(select(Topic.name).where(Topic.id == topic)) == "Foreign"


async def test_lists_are_narrowed_sorted_and_counted(shelf: Shelf) -> None:
    topic = await shelf.topic("Wool")
    kinds = {
        "Äpfel": "text/plain",
        "banana 100%": "application/pdf",
        "Cherry": "image/png",
        "date": "application/x-unknown",
    }
    ids = {title: await shelf.add(title, media_type=kind) for title, kind in kinds.items()}
    await shelf.assign(ids["Cherry"], [topic])
    await shelf.classify(ids["date"], [topic])
    await shelf.assign(ids["date"], [])

    everything = ["Äpfel", "banana 100%", "Cherry", "date"]
    assert await shelf.titles() == (everything, 4)
    assert await shelf.titles(sort=DocumentSort.NEWEST) == (everything[::-1], 4)
    assert await shelf.titles(sort=DocumentSort.TITLE) == (everything, 4)
    assert await shelf.titles(sort=DocumentSort.TITLE_DESCENDING) == (everything[::-1], 4)
    assert await shelf.titles(offset=1, limit=2) == (everything[1:3], 4)
    assert await shelf.titles(offset=10) == ([], 4)
    assert await shelf.titles(DocumentFilter(topic_id=topic)) == (["Cherry"], 1)
    assert await shelf.titles(DocumentFilter(topic_id=uuid4())) == ([], 0)
    for family, title in {
        Family.TEXT: "Äpfel",
        Family.PDF: "banana 100%",
        Family.IMAGE: "Cherry",
        Family.OTHER: "date",
    }.items():
        assert await shelf.titles(DocumentFilter(family=family)) == ([title], 1)
    for text, title in {
        "APFEL": "Äpfel",
        "100%": "banana 100%",
        "ana txt": "banana 100%",
        "herr": "Cherry",
        "ÄPFEL.TXT": "Äpfel",
    }.items():
        assert await shelf.titles(DocumentFilter(text=text)) == ([title], 1)
    for text in ("%", "_", "\\", "' OR 1=1"):
        found, _ = await shelf.titles(DocumentFilter(text=text))
        assert found in ([], ["banana 100%"])
    assert await shelf.titles(DocumentFilter(status=DocumentStatus.READY)) == ([], 0)
    assert (await shelf.titles(DocumentFilter(status=DocumentStatus.PENDING)))[1] == 4


async def test_the_list_moves_on_in_one_order(shelf: Shelf) -> None:
    for _ in range(5):
        await shelf.add("same")
    async with shelf.database.writing() as session:
        await session.execute(update(Document).values(created_at=datetime(2026, 1, 1, tzinfo=UTC)))
    seen = []
    for offset in range(5):
        async with shelf.database.reading() as session:
            page = await DocumentListing(session, shelf.owner_id).page(
                DocumentFilter(), DocumentSort.NEWEST, offset=offset, limit=1
            )
        seen += [document.id for document in page.documents]
    assert len(set(seen)) == 5


@pytest.mark.parametrize("sort", DocumentSort)
async def test_going_on_from_a_place_shows_each_document_once(
    shelf: Shelf, sort: DocumentSort
) -> None:
    """Also where moments and titles are the same, and whatever comes and goes on the way."""
    await shelf.add("other", owner=shelf.stranger_id)
    ids = {title: await shelf.add(title) for title in ("e", "É", "a", "c", "b", "A", "d")}
    async with shelf.database.writing() as session:
        same = Document.title.in_(["e", "a", "c"])
        moment = datetime(2026, 1, 1, tzinfo=UTC)
        await session.execute(update(Document).where(same).values(created_at=moment))
    everything, total = await shelf.titles(sort=sort)
    assert total == 7

    seen: list[str] = []
    place = None
    for turn in range(4):
        titles, place = await shelf.walk(DocumentFilter(), sort, 2, place)
        seen += titles
        if turn == 1:
            assert await shelf.hide(ids[seen[0]])
            assert await shelf.hide(ids[seen[-1]])
            # Where the list begins, whatever its order.
            first = {"-created_at": "new", "title": "", "-title": "zz"}.get(sort)
            if first is not None:
                await shelf.add(first)

    assert seen == everything
    assert place is None


async def test_a_narrowed_list_goes_on_within_its_filter(shelf: Shelf) -> None:
    for number in range(5):
        await shelf.add(f"wool {number}")
        await shelf.add(f"silk {number}")
    filter_ = DocumentFilter(text="WOOL")

    first, place = await shelf.walk(filter_, DocumentSort.TITLE, 3, None)
    rest, end = await shelf.walk(filter_, DocumentSort.TITLE, 3, place)

    assert [*first, *rest] == [f"wool {number}" for number in range(5)]
    assert end is None


async def test_documents_are_counted_as_they_come_and_go(shelf: Shelf) -> None:
    async def counted() -> list[int]:
        async with shelf.database.reading() as session:
            found = await session.execute(select(User.id, User.document_count))
            counts = {row.id: row.document_count for row in found}
        return [counts[shelf.owner_id], counts[shelf.stranger_id]]

    first, second = await shelf.add(), await shelf.add()
    await shelf.add(owner=shelf.stranger_id)
    assert await counted() == [2, 1]

    with pytest.raises(ZeroDivisionError):
        async with shelf.database.writing() as session:
            await DocumentRepository(session, shelf.owner_id).add(new_document())
            raise ZeroDivisionError
    await shelf.hide(first)
    await shelf.hide(first)
    assert await counted() == [1, 1]
    async with shelf.database.writing() as session:
        await remove(session, first)
        await session.execute(delete(Document).where(Document.id == second))
    assert await counted() == [0, 1]


async def test_a_listed_document_is_whole(shelf: Shelf) -> None:
    """What lists and hits show is what the document itself says."""
    wool, silk, refused = [await shelf.topic(name) for name in ("wool", "Silk", "no")]
    document_id = await shelf.add("Äpfel", auto_classify=False)
    await shelf.classify(document_id, [wool, silk, refused])
    await shelf.assign(document_id, [wool, silk])
    async with shelf.database.writing() as session:
        await session.execute(
            update(StageRecord)
            .where(StageRecord.stage == Stage.EXTRACT)
            .values(state="failed", error_code="no_text", error_detail="Nothing.", attempts=2)
        )
        await session.execute(update(Document).values(status=DocumentStatus.FAILED))

    async with shelf.database.reading() as session:
        [found] = (await DocumentListing(session, shelf.owner_id).get_many([document_id])).values()
        document = await DocumentRepository(session, shelf.owner_id).get(document_id)

    assert document is not None
    assert found == listed(document)
    assert [topic.name for topic in found.topics] == ["Silk", "wool"]
    assert [stage.stage for stage in found.stages] == ["extract", "classify", "embed"]
    assert found.error == FailureReason("no_text", "Nothing.")
    assert found.stages[0].next_run_at is None


async def test_a_title_changes_with_its_folded_form(shelf: Shelf) -> None:
    document_id = await shelf.add("old")
    async with shelf.database.writing() as session:
        await DocumentRepository(session, shelf.owner_id).set_title(document_id, "ß" * 255)

    assert await shelf.titles(DocumentFilter(text="ss")) == (["ß" * 255], 1)


# --- deleting -------------------------------------------------------------------------------------


async def test_a_hidden_document_is_out_of_sight_until_it_is_removed(shelf: Shelf) -> None:
    topic = await shelf.topic("Wool")
    document_id = await shelf.add(object_key="the/key")
    await shelf.assign(document_id, [topic])
    async with shelf.database.writing() as session:
        texts = TextRepository(session)
        await texts.replace_pages(document_id, [(1, "text")])
        chunk = {"id": uuid4(), "ordinal": 0, "page": 1, "start": 0, "end": 4}
        await texts.replace_chunks(document_id, [chunk])
        assert not await is_gone(session, document_id)
        await remove(session, document_id)
        assert not await is_gone(session, document_id), "a live document is never removed"

    assert await shelf.hide(document_id)
    assert not await shelf.hide(document_id)

    assert (await shelf.titles())[1] == 0
    async with shelf.database.writing() as session:
        assert await is_gone(session, document_id)
        documents = DocumentRepository(session, shelf.owner_id)
        assert await documents.get(document_id) is None
        assert await documents.pages(document_id, None) == []
        [counted] = await TopicRepository(session, shelf.owner_id).all()
        assert counted.doc_count == 0
        assert await deleted_ids(session, 10) == [document_id]
        found = await find_deleted(session, document_id)
        assert found is not None
        assert (found.owner_id, found.object_key) == (shelf.owner_id, "the/key")
        await remove(session, document_id)
        assert await find_deleted(session, document_id) is None
        for table in (Document, Page, Chunk, StageRecord, DocumentTopic):
            assert await session.scalar(select(func.count()).select_from(table)) == 0, table


async def test_what_was_deleted_first_is_removed_first(shelf: Shelf) -> None:
    hidden = [await shelf.add() for _ in range(3)]
    for document_id in hidden:
        assert await shelf.hide(document_id)
        await asyncio.sleep(0.002)

    async with shelf.database.reading() as session:
        assert await deleted_ids(session, 2) == hidden[:2]


# --- topics ---------------------------------------------------------------------------------------


async def test_topics_are_counted_and_come_by_name(shelf: Shelf) -> None:
    wool, silk = await shelf.topic("wool"), await shelf.topic("Silk")
    first, second = await shelf.add(), await shelf.add()
    await shelf.assign(first, [wool])
    await shelf.classify(second, [wool, silk])
    await shelf.assign(second, [wool])

    async with shelf.database.reading() as session:
        found = await TopicRepository(session, shelf.owner_id).all()

    assert [(item.topic.name, item.doc_count) for item in found] == [("Silk", 0), ("wool", 2)]


@pytest.mark.parametrize("other", ["WOOL", "wóol", " wool", "wo\u200dol"])
async def test_names_are_the_same_whatever_their_case_and_accents(shelf: Shelf, other: str) -> None:
    await shelf.topic("wool")
    async with shelf.database.reading() as session:
        found = await TopicRepository(session, shelf.owner_id).find_by_name(other)

    if other == "wo\u200dol":
        assert found is None
    else:
        assert found is not None
        with pytest.raises(DuplicateRow):
            await shelf.topic(other)


async def test_people_stand_above_classifiers(shelf: Shelf) -> None:
    chosen, refused, open_, gone = [await shelf.topic(name) for name in ("a", "b", "c", "d")]
    document_id = await shelf.add()
    await shelf.classify(document_id, [chosen, refused, gone])
    await shelf.assign(document_id, [chosen, gone])
    await shelf.assign(document_id, [chosen])

    await shelf.classify(document_id, [chosen, refused, open_])

    rows = await shelf.rows(document_id)
    assert await shelf.topics_of(document_id) == {chosen, open_}
    assert (rows[chosen].source, rows[chosen].confidence, rows[chosen].evidence) == (
        "user",
        1.0,
        "",
    )
    assert (rows[refused].source, rows[refused].rejected) == ("user", True)
    assert (rows[gone].source, rows[gone].rejected) == ("user", True)
    assert (rows[open_].source, rows[open_].confidence, rows[open_].evidence) == (
        "local",
        0.75,
        "Because.",
    )


async def test_a_classifier_replaces_only_what_classifiers_said(shelf: Shelf) -> None:
    first, second = await shelf.topic("a"), await shelf.topic("b")
    document_id = await shelf.add()
    await shelf.classify(document_id, [first])
    await shelf.classify(document_id, [second])
    assert await shelf.topics_of(document_id) == {second}
    await shelf.classify(document_id, [])
    assert await shelf.rows(document_id) == {}


async def test_a_topic_that_was_refused_can_be_taken_back(shelf: Shelf) -> None:
    topic = await shelf.topic("a")
    document_id = await shelf.add()
    for wanted in ([topic], [], [topic]):
        await shelf.assign(document_id, wanted)
        assert await shelf.topics_of(document_id) == set(wanted)


async def test_topics_set_at_the_same_time_end_as_one_of_them(shelf: Shelf) -> None:
    topics = [await shelf.topic(name) for name in "abcd"]
    document_id = await shelf.add()

    await asyncio.gather(
        *(shelf.assign(document_id, [topics[n % 4], topics[(n + 1) % 4]]) for n in range(12)),
        *(shelf.classify(document_id, topics) for _ in range(6)),
    )

    last = await shelf.topics_of(document_id)
    assert last in [{topics[n], topics[(n + 1) % 4]} for n in range(4)]
    assert {row.source for row in (await shelf.rows(document_id)).values()} == {"user"}


async def test_a_topic_that_goes_away_meanwhile_is_left_out(shelf: Shelf) -> None:
    kept, gone = await shelf.topic("kept"), await shelf.topic("gone")
    document_id = await shelf.add()
    async with shelf.database.writing() as session:
        await TopicRepository(session, shelf.owner_id).remove(gone)

    await shelf.classify(document_id, [kept, gone])
    assert await shelf.topics_of(document_id) == {kept}
    await shelf.assign(document_id, [gone, kept])
    assert await shelf.topics_of(document_id) == {kept}


async def test_removing_a_topic_takes_it_off_and_keeps_the_document(shelf: Shelf) -> None:
    topic = await shelf.topic("a")
    documents = sorted([await shelf.add(), await shelf.add()])
    for document_id in documents:
        await shelf.assign(document_id, [topic])
    async with shelf.database.writing() as session:
        topics = TopicRepository(session, shelf.owner_id)
        assert sorted(await topics.documents_with(topic)) == documents
        await topics.remove(topic)

    assert await shelf.rows(documents[0]) == {}
    assert (await shelf.titles())[1] == 2


async def test_examples_are_what_people_said(shelf: Shelf) -> None:
    topic = await shelf.topic("a")
    ids = [await shelf.add() for _ in range(5)]
    vectors = [np.full(4, n, dtype=np.float32).tobytes() for n in range(5)]
    async with shelf.database.writing() as session:
        texts = TextRepository(session)
        for n, document_id in enumerate(ids[:4]):
            await texts.set_vector(document_id, "another" if n == 3 else MODEL, vectors[n])
    for document_id in (ids[0], ids[1], ids[3], ids[4]):
        await shelf.assign(document_id, [topic])
    await shelf.classify(ids[2], [topic])
    assert await shelf.hide(ids[1])

    async with shelf.database.reading() as session:
        found = await TopicRepository(session, shelf.owner_id).examples(MODEL)
        assert await TextRepository(session).vector(ids[0], MODEL) == vectors[0]
        assert await TextRepository(session).vector(ids[3], MODEL) is None

    assert found == {topic: [vectors[0]]}


# --- texts ----------------------------------------------------------------------------------------


async def test_texts_are_replaced_as_a_whole(shelf: Shelf) -> None:
    document_id = await shelf.add()
    ids = [uuid4() for _ in range(3)]

    def chunk(n: int, page: int, start: int, end: int) -> dict[str, object]:
        return {"id": ids[n], "ordinal": n, "page": page, "start": start, "end": end}

    async with shelf.database.writing() as session:
        texts = TextRepository(session)
        await texts.replace_pages(document_id, [(1, "old"), (2, "older")])
        await texts.replace_pages(document_id, [(1, "häl🎉lo there"), (3, "last")])
        await texts.replace_chunks(document_id, [chunk(0, 1, 0, 3)])
        await texts.replace_chunks(
            document_id, [chunk(0, 1, 0, 6), chunk(1, 1, 7, 12), chunk(2, 3, 0, 4)]
        )
        await texts.set_embeddings(MODEL, [(ids[1], b"\x01\x02")])
        await texts.set_embeddings(MODEL, [])
    async with shelf.database.reading() as session:
        texts = TextRepository(session)
        chunks = await texts.chunks(document_id)
        assert [(c.text, c.page, c.embedding, c.embedding_model) for c in chunks] == [
            ("häl🎉lo", 1, None, None),
            ("there", 1, b"\x01\x02", MODEL),
            ("last", 3, None, None),
        ]
        assert [c.id for c in await texts.chunks(document_id, limit=2)] == ids[:2]
        assert (await texts.on_pages(ids))[ids[1]].start == 7
        wanted = {(document_id, 1), (document_id, 2), (uuid4(), 1)}
        assert await texts.page_texts(wanted) == {(document_id, 1): "häl🎉lo there"}
        assert await texts.page_texts([]) == {}
        documents = DocumentRepository(session, shelf.owner_id)
        assert [page.number for page in await documents.pages(document_id, None)] == [1, 3]
        assert [page.text for page in await documents.pages(document_id, 3)] == ["last"]


async def test_what_reading_told_is_kept(shelf: Shelf) -> None:
    document_id = await shelf.add()
    details = {"metadata": {"title": "Größe ☂"}, "warnings": ["page_limit"]}
    async with shelf.database.writing() as session:
        await TextRepository(session).set_read(
            document_id,
            media_type="application/pdf",
            page_count=3,
            character_count=12,
            details=details,
        )
    async with shelf.database.reading() as session:
        document = await DocumentRepository(session, shelf.owner_id).get(document_id)
    assert document is not None
    assert (document.media_type, document.page_count, document.character_count) == (
        "application/pdf",
        3,
        12,
    )
    assert document.details == details


# --- uploads --------------------------------------------------------------------------------------


async def open_upload(shelf: Shelf, key: str, *, age: float = 0) -> UUID:
    async with shelf.database.writing() as session:
        intent_id = await UploadRepository(session).open(shelf.owner_id, uuid4(), key)
        await session.flush()
        await session.execute(
            update(UploadIntent)
            .where(UploadIntent.id == intent_id)
            .values(updated_at=datetime.now(UTC) - timedelta(seconds=age))
        )
    return intent_id


async def close_upload(shelf: Shelf, intent_id: UUID, state: UploadState) -> bool:
    async with shelf.database.writing() as session:
        return await UploadRepository(session).close(intent_id, state)


async def stale(shelf: Shelf, older_than: float, limit: int = 10) -> list[str]:
    async with shelf.database.writing() as session:
        uploads = UploadRepository(session)
        await uploads.give_up(older_than)
        return [found.object_key for found in await uploads.stale(older_than, limit)]


async def test_an_upload_ends_once(shelf: Shelf) -> None:
    intent_id = await open_upload(shelf, "a")

    assert await close_upload(shelf, intent_id, UploadState.DONE)
    assert not await close_upload(shelf, intent_id, UploadState.ABANDONED)

    async with shelf.database.reading() as session:
        assert await session.scalar(select(UploadIntent.state)) == UploadState.DONE


async def test_only_old_unfinished_uploads_without_a_document_are_stale(shelf: Shelf) -> None:
    for key, age, state in (
        ("receiving and old", 100, None),
        ("older still", 200, None),
        ("receiving and new", 1, None),
        ("done", 100, UploadState.DONE),
        ("in use", 100, None),
    ):
        intent_id = await open_upload(shelf, key, age=age)
        if state:
            assert await close_upload(shelf, intent_id, state)
    await shelf.add(object_key="in use")
    abandoned = await open_upload(shelf, "abandoned just now", age=100)
    assert await close_upload(shelf, abandoned, UploadState.ABANDONED)

    assert await stale(shelf, 50) == ["older still", "receiving and old"]
    assert await stale(shelf, 50, limit=1) == ["older still"]
    assert await stale(shelf, 1000) == []


async def test_uploads_that_are_done_are_forgotten_in_time(shelf: Shelf) -> None:
    for key, age in (("old", 100), ("new", 1), ("under way", 100)):
        intent_id = await open_upload(shelf, key)
        assert key == "under way" or await close_upload(shelf, intent_id, UploadState.DONE)
        async with shelf.database.writing() as session:
            await session.execute(
                update(UploadIntent)
                .where(UploadIntent.id == intent_id)
                .values(updated_at=datetime.now(UTC) - timedelta(seconds=age))
            )

    async with shelf.database.writing() as session:
        await UploadRepository(session).forget_done(50, limit=10)
        left = set(await session.scalars(select(UploadIntent.object_key)))

    assert left == {"new", "under way"}


@pytest.mark.parametrize("has_intent", [True, False])
async def test_an_object_that_is_let_go_is_stale_once_its_document_has_another(
    shelf: Shelf, has_intent: bool
) -> None:
    if has_intent:
        intent_id = await open_upload(shelf, "first")
        assert await close_upload(shelf, intent_id, UploadState.DONE)
    document_id = await shelf.add(object_key="first")
    async with shelf.database.writing() as session:
        await UploadRepository(session).let_go(document_id)
        await UploadRepository(session).let_go(uuid4())
    assert await stale(shelf, -60) == []

    async with shelf.database.writing() as session:
        documents = DocumentRepository(session, shelf.owner_id)
        assert await documents.set_object_key(document_id, "second")

    assert await stale(shelf, 50) == []
    assert await stale(shelf, -60) == ["first"]


async def test_an_upload_that_was_given_up_can_become_no_document(shelf: Shelf) -> None:
    intent_id = await open_upload(shelf, "slow", age=100)
    assert await stale(shelf, 50) == ["slow"]

    assert not await close_upload(shelf, intent_id, UploadState.DONE)

    async with shelf.database.writing() as session:
        await UploadRepository(session).forget(intent_id)
    assert not await close_upload(shelf, intent_id, UploadState.DONE)
    assert await stale(shelf, 0) == []


# --- services whose promises need the database ----------------------------------------------------


async def test_a_topic_name_is_taken_once_of_many_at_the_same_time(shelf: Shelf) -> None:
    async def create(name: str) -> UUID:
        async with shelf.database.writing() as session:
            service = TopicService(session, shelf.owner_id, PendingTasks(), PendingEvents())
            return (await service.create(name, "", "#000000")).topic.id

    made = await asyncio.gather(
        *(create("Wool" if n % 2 else "wóol") for n in range(12)), return_exceptions=True
    )

    assert sum(isinstance(found, UUID) for found in made) == 1
    assert sum(isinstance(found, Conflict) for found in made) == 11


async def test_renaming_to_a_name_that_is_taken_meanwhile_is_a_conflict(shelf: Shelf) -> None:
    ids = [await shelf.topic(name) for name in ("a", "b", "c", "d")]

    async def rename(topic_id: UUID) -> None:
        async with shelf.database.writing() as session:
            service = TopicService(session, shelf.owner_id, PendingTasks(), PendingEvents())
            await service.change(topic_id, name="the same", description=None, color=None)

    done = await asyncio.gather(*(rename(topic_id) for topic_id in ids), return_exceptions=True)

    assert done.count(None) == 1
    assert sum(isinstance(found, Conflict) for found in done) == 3


async def test_retrying_leaves_out_what_people_switched_off(shelf: Shelf) -> None:
    document_id = await shelf.add(auto_classify=False)
    async with shelf.database.writing() as session:
        stages = StageRepository(session)
        claim = await stages.claim(document_id, Stage.EXTRACT, 60)
        assert claim is not None
        assert await stages.fail(claim, ErrorCode.CORRUPT_FILE, "Damaged.")
        await stages.skip_rest(document_id, ErrorCode.NO_TEXT)
        await stages.refresh_status(document_id)

    async def states() -> list[tuple[str, str | None]]:
        async with shelf.database.reading() as session:
            document = await DocumentRepository(session, shelf.owner_id).get(document_id)
            assert document is not None
            return [(found.state, found.error_code) for found in document.stages]

    async with shelf.database.writing() as session:
        await shelf.service(session, PendingTasks(), PendingEvents()).retry(document_id)
    assert await states() == [("pending", None), ("skipped", "not_requested"), ("pending", None)]

    async with shelf.database.writing() as session:
        claim = await StageRepository(session).claim(document_id, Stage.EXTRACT, 60)
        assert claim is not None
        await StageRepository(session).finish(claim, "done", code=None, result={})  # type: ignore[arg-type]
    async with shelf.database.writing() as session:
        await shelf.service(session, PendingTasks(), PendingEvents()).classify(document_id)
    assert (await states())[1] == ("pending", None), "people may still ask for it"


async def test_a_change_tells_queue_listeners_and_audit(shelf: Shelf) -> None:
    topic, document_id = await shelf.topic("a"), await shelf.add()
    async with shelf.database.writing() as session:
        tasks, events = PendingTasks(), PendingEvents()
        service = shelf.service(session, tasks, events)
        document = await service.change(document_id, title="Other", topic_ids=[topic, topic])

    assert document.title == "Other"
    assert [link.topic_id for link in document.topics] == [topic]
    assert tasks._tasks == [StageTask(document_id, Stage.EXTRACT)], "reading comes first"
    assert list(events._events) == [Event(shelf.owner_id, "document", document_id)]
    async with shelf.database.reading() as session:
        entry = (await session.scalars(select(AuditEntry))).one()
    assert (entry.action, entry.subject_id, entry.details) == (
        "document.changed",
        document_id,
        {"fields": ["title", "topics"]},
    )


async def test_what_does_not_exist_is_refused(shelf: Shelf) -> None:
    document_id = await shelf.add()
    async with shelf.database.writing() as session:
        service = shelf.service(session, PendingTasks(), PendingEvents())
        with pytest.raises(NotFound):
            await service.get(uuid4())
        with pytest.raises(NotFound):
            await service.delete(uuid4())
        with pytest.raises(Conflict) as nothing:
            await service.retry(document_id)
        assert nothing.value.code is ErrorCode.NOTHING_TO_RETRY
        with pytest.raises(Conflict) as early:
            await service.classify(document_id)
        assert early.value.code is ErrorCode.STILL_PROCESSING
        with pytest.raises(InvalidInput) as unknown:
            await service.change(document_id, title=None, topic_ids=[uuid4()])
        assert unknown.value.errors[0].field == "body.topic_ids"


# --- people and audit -----------------------------------------------------------------------------


async def test_starts_at_the_same_time_agree_on_one_owner(
    tmp_path: Path, postgres: PostgresServer
) -> None:
    for name in ("sqlite", "postgresql"):
        async with open_database(name, tmp_path, postgres) as database:
            async with database.reading() as session:
                assert await find_owner(session) is None
            owners = await asyncio.gather(*(ensure_owner(database) for _ in range(10)))
            assert len(set(owners)) == 1
            assert await ensure_owner(database) == owners[0]


async def test_the_audit_log_is_part_of_the_act(shelf: Shelf) -> None:
    with pytest.raises(ZeroDivisionError):
        async with shelf.database.writing() as session:
            await record(session, shelf.owner_id, "document.uploaded", uuid4(), size_bytes=3)
            raise ZeroDivisionError
    async with shelf.database.reading() as session:
        assert (await session.scalars(select(AuditEntry))).all() == []


async def test_a_reader_changes_nothing_and_sees_only_what_is_committed(shelf: Shelf) -> None:
    async with shelf.database.writing() as writer:
        await DocumentRepository(writer, shelf.owner_id).add(new_document())
        async with shelf.database.reading() as reader:
            assert await reader.scalar(select(func.count()).select_from(Document)) == 0
    assert (await shelf.titles())[1] == 1
