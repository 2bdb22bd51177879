"""Queries about an owner's topics and which documents have them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, delete, func, insert, select, update

from docuvault.db.models import Document, DocumentTopic, Topic
from docuvault.db.repositories.base import OwnedRepository
from docuvault.db.repositories.locks import lock_document
from docuvault.db.repositories.numbers import Numbered, next_number
from docuvault.db.session import translated_errors
from docuvault.db.types import clock_now
from docuvault.domain.documents import TopicSource
from docuvault.domain.text import fold

# More examples than this teach a classifier little and cost time.
EXAMPLES_PER_TOPIC = 200


@dataclass(frozen=True, slots=True)
class TopicCount:
    """A topic and how many documents have it."""

    topic: Topic
    doc_count: int


@dataclass(frozen=True, slots=True)
class Assignment:
    """A topic that a classifier or a rule puts on a document."""

    topic_id: UUID
    source: TopicSource
    confidence: float
    evidence: str


class TopicRepository(OwnedRepository):
    """Topics of one owner."""

    async def get(self, topic_id: UUID) -> TopicCount | None:
        """One topic with its count."""
        return next(iter(await self._counted(topic_id)), None)

    async def all(self) -> list[TopicCount]:
        """All topics by name, with their counts."""
        return await self._counted(None)

    async def _counted(self, topic_id: UUID | None) -> list[TopicCount]:
        counts = (
            select(DocumentTopic.topic_id, func.count().label("documents"))
            .join(Document, Document.id == DocumentTopic.document_id)
            .where(*self._live(), DocumentTopic.rejected.is_(False))
            .group_by(DocumentTopic.topic_id)
            .subquery()
        )
        statement = (
            self._topics()
            .add_columns(func.coalesce(counts.c.documents, 0))
            .outerjoin(counts, counts.c.topic_id == Topic.id)
            .order_by(Topic.name_folded)
        )
        if topic_id is not None:
            statement = statement.where(Topic.id == topic_id)
        return [TopicCount(topic, count) for topic, count in await self._session.execute(statement)]

    async def find_by_name(self, name: str) -> Topic | None:
        """The topic of that name, whatever its case and accents."""
        topic: Topic | None = await self._session.scalar(
            self._topics().where(Topic.name_folded == folded_name(name))
        )
        return topic

    async def existing(self, topic_ids: Collection[UUID]) -> set[UUID]:
        """Those of the ids that are topics of this owner."""
        return set(
            await self._session.scalars(
                select(Topic.id).where(Topic.owner_id == self._owner_id, Topic.id.in_(topic_ids))
            )
        )

    async def add(self, name: str, description: str, color: str) -> Topic:
        """A new topic; `DuplicateRow` when somebody else has just taken the name."""
        topic = Topic(
            number=await next_number(self._session, Numbered.TOPIC),
            owner_id=self._owner_id,
            name=name,
            name_folded=folded_name(name),
            description=description,
            color=color,
        )
        self._session.add(topic)
        with translated_errors():
            await self._session.flush()
        return topic

    async def change(
        self, topic_id: UUID, *, name: str | None, description: str | None, color: str | None
    ) -> None:
        """Change what is given; `DuplicateRow` when somebody else has just taken the name."""
        values: dict[str, object] = {"updated_at": clock_now()}
        if name is not None:
            values |= {"name": name, "name_folded": folded_name(name)}
        if description is not None:
            values["description"] = description
        if color is not None:
            values["color"] = color
        with translated_errors():
            await self._session.execute(
                update(Topic)
                .where(Topic.owner_id == self._owner_id, Topic.id == topic_id)
                .values(**values)
            )

    async def remove(self, topic_id: UUID) -> None:
        """Remove a topic and take it off all documents."""
        await self._session.execute(
            delete(Topic).where(Topic.owner_id == self._owner_id, Topic.id == topic_id)
        )

    async def documents_with(self, topic_id: UUID) -> list[UUID]:
        """The documents that have the topic."""
        return list(
            await self._session.scalars(
                select(DocumentTopic.document_id)
                .join(Document, Document.id == DocumentTopic.document_id)
                .where(
                    *self._live(),
                    DocumentTopic.topic_id == topic_id,
                    DocumentTopic.rejected.is_(False),
                )
                .order_by(Document.id)
            )
        )

    async def topics_of(self, document_id: UUID) -> list[UUID]:
        """The topics on a document."""
        return list(
            await self._session.scalars(
                select(DocumentTopic.topic_id).where(
                    DocumentTopic.document_id == document_id, DocumentTopic.rejected.is_(False)
                )
            )
        )

    async def examples(self, model: str) -> dict[UUID, list[bytes]]:
        """Per topic, the vectors (float32 bytes) of documents that people put there."""
        rows = await self._session.execute(
            select(DocumentTopic.topic_id, Document.vector)
            .join(Document, Document.id == DocumentTopic.document_id)
            .where(
                *self._live(),
                DocumentTopic.source == TopicSource.USER,
                DocumentTopic.rejected.is_(False),
                Document.vector.is_not(None),
                Document.vector_model == model,
            )
            .order_by(DocumentTopic.created_at.desc(), Document.id)
        )
        found: dict[UUID, list[bytes]] = {}
        for topic_id, vector in rows:
            examples = found.setdefault(topic_id, [])
            if vector is not None and len(examples) < EXAMPLES_PER_TOPIC:
                examples.append(vector)
        return found

    async def set_by_user(self, document_id: UUID, topic_ids: Sequence[UUID]) -> None:
        """The document has exactly these topics; others that it had are remembered as unwanted."""
        await lock_document(self._session, document_id)
        of_document = DocumentTopic.document_id == document_id
        present = set(
            await self._session.scalars(select(DocumentTopic.topic_id).where(of_document))
        )
        await self._session.execute(
            update(DocumentTopic)
            .where(of_document)
            .values(
                rejected=DocumentTopic.topic_id.not_in(topic_ids),
                source=TopicSource.USER,
                confidence=1.0,
                evidence="",
            )
            .execution_options(synchronize_session=False)
        )
        held = await self._hold(topic_ids)
        new = [
            {"document_id": document_id, "topic_id": topic_id, "source": TopicSource.USER}
            for topic_id in topic_ids
            if topic_id in held - present
        ]
        if new:
            await self._session.execute(insert(DocumentTopic), new)

    async def set_by_classifier(self, document_id: UUID, assignments: Sequence[Assignment]) -> None:
        """Replace what classifiers and rules said; what people said, for or against, stays."""
        await self._replace(document_id, DocumentTopic.source != TopicSource.USER, assignments)

    async def set_by_rules(self, document_id: UUID, assignments: Sequence[Assignment]) -> None:
        """Replace what rules said before; what people and classifiers said stays."""
        await self._replace(document_id, DocumentTopic.source == TopicSource.RULE, assignments)

    async def _replace(
        self,
        document_id: UUID,
        replaced: ColumnElement[bool],
        assignments: Sequence[Assignment],
    ) -> None:
        await lock_document(self._session, document_id)
        await self._session.execute(
            delete(DocumentTopic).where(DocumentTopic.document_id == document_id, replaced)
        )
        settled = set(
            await self._session.scalars(
                select(DocumentTopic.topic_id).where(DocumentTopic.document_id == document_id)
            )
        )
        held = await self._hold([assignment.topic_id for assignment in assignments])
        self._session.add_all(
            DocumentTopic(
                document_id=document_id,
                topic_id=assignment.topic_id,
                source=assignment.source,
                confidence=assignment.confidence,
                evidence=assignment.evidence,
            )
            for assignment in assignments
            if assignment.topic_id in held - settled
        )
        await self._session.flush()

    async def _hold(self, topic_ids: Collection[UUID]) -> set[UUID]:
        """Those topics that are still there, and stay until the end of the transaction."""
        return set(
            await self._session.scalars(
                select(Topic.id)
                .where(Topic.owner_id == self._owner_id, Topic.id.in_(topic_ids))
                .order_by(Topic.id)
                .with_for_update(read=True, key_share=True)
            )
        )


def folded_name(name: str) -> str:
    """The form of a name by which topics are the same."""
    return " ".join(fold(name).split())[:255]
