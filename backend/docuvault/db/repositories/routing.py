"""Documents as routing rules see them, and what rules write on them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, select, tuple_, update

from docuvault.db.models import Document, DocumentTopic, Topic
from docuvault.db.repositories.base import OwnedRepository
from docuvault.db.repositories.documents import folded_title
from docuvault.db.types import clock_now
from docuvault.domain.documents import TitleSource, TopicSource

_COLUMNS = (
    Document.id,
    Document.title,
    Document.title_source,
    Document.original_name,
    Document.media_type,
    Document.size_bytes,
    Document.page_count,
    Document.character_count,
    Document.details,
    Document.needs_review,
    Document.reviewed_at,
    Document.created_at,
)


@dataclass(frozen=True, slots=True)
class RoutedTopic:
    """A topic on a document, or one that its owner took off."""

    id: UUID
    name: str
    source: TopicSource
    confidence: float
    rejected: bool


@dataclass(frozen=True, slots=True)
class RoutedDocument:
    """A document with its topics, the surest first."""

    id: UUID
    title: str
    title_source: TitleSource
    original_name: str
    media_type: str
    size_bytes: int
    page_count: int | None
    character_count: int | None
    details: dict[str, Any]
    needs_review: bool
    reviewed_at: datetime | None
    created_at: datetime
    topics: tuple[RoutedTopic, ...]


class RoutingRepository(OwnedRepository):
    """Live documents of one owner, for rules."""

    async def document(self, document_id: UUID) -> RoutedDocument | None:
        """One document."""
        rows = select(*_COLUMNS).where(*self._live(), Document.id == document_id)
        return next(iter(await self._with_topics(rows)), None)

    async def newest(self, after: RoutedDocument | None, limit: int) -> list[RoutedDocument]:
        """Documents whose text has been read, newest first, that follow the given one."""
        rows = (
            select(*_COLUMNS)
            .where(*self._live(), Document.character_count.is_not(None))
            .order_by(Document.created_at.desc(), Document.id.desc())
            .limit(limit)
        )
        if after is not None:
            here = tuple_(Document.created_at, Document.id)
            rows = rows.where(here < (after.created_at, after.id))
        return await self._with_topics(rows)

    async def topic_names(self, topic_ids: Collection[UUID]) -> dict[UUID, str]:
        """The names of those topics that exist."""
        if not topic_ids:
            return {}
        rows = await self._session.execute(
            select(Topic.id, Topic.name).where(
                Topic.owner_id == self._owner_id, Topic.id.in_(topic_ids)
            )
        )
        return {row.id: row.name for row in rows}

    async def set_title(self, document_id: UUID, title: str, source: TitleSource) -> None:
        """Give the document this title, unless a person gave it one."""
        await self._session.execute(
            update(Document)
            .where(
                *self._live(),
                Document.id == document_id,
                Document.title_source != TitleSource.USER,
            )
            .values(
                title=title,
                title_folded=folded_title(title),
                title_source=source,
                updated_at=clock_now(),
            )
        )

    async def ask_for_review(self, document_id: UUID) -> None:
        """Mark the document, unless a person has looked through it already."""
        await self._session.execute(
            update(Document)
            .where(*self._live(), Document.id == document_id, Document.reviewed_at.is_(None))
            .values(needs_review=True, updated_at=clock_now())
        )

    async def _with_topics(self, statement: Select[Any]) -> list[RoutedDocument]:
        rows = (await self._session.execute(statement)).all()
        topics = await self._topics_on([row.id for row in rows])
        return [
            RoutedDocument(
                **{**row._asdict(), "title_source": TitleSource(row.title_source)},
                topics=tuple(topics.get(row.id, ())),
            )
            for row in rows
        ]

    async def _topics_on(self, document_ids: Sequence[UUID]) -> dict[UUID, list[RoutedTopic]]:
        if not document_ids:
            return {}
        rows = await self._session.execute(
            select(
                DocumentTopic.document_id,
                Topic.id,
                Topic.name,
                DocumentTopic.source,
                DocumentTopic.confidence,
                DocumentTopic.rejected,
            )
            .join(Topic, Topic.id == DocumentTopic.topic_id)
            .where(DocumentTopic.document_id.in_(document_ids))
            .order_by(DocumentTopic.confidence.desc(), Topic.name_folded)
        )
        found: dict[UUID, list[RoutedTopic]] = {}
        for document_id, topic_id, name, source, confidence, rejected in rows:
            topic = RoutedTopic(topic_id, name, TopicSource(source), confidence, rejected)
            found.setdefault(document_id, []).append(topic)
        return found
