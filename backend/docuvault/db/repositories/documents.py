"""Queries about an owner's documents."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Select, exists, func, or_, select, update
from sqlalchemy.orm import selectinload

from docuvault.db.models import Document, DocumentTopic, Page, StageRecord
from docuvault.db.repositories.base import OwnedRepository
from docuvault.db.repositories.numbers import Numbered, next_number
from docuvault.db.types import clock_now
from docuvault.domain.documents import STAGE_ORDER, DocumentStatus, Stage, StageState
from docuvault.domain.errors import ErrorCode
from docuvault.domain.media_types import Family, members
from docuvault.domain.text import fold

TITLE_FOLDED_LENGTH = 255


class DocumentSort(StrEnum):
    """Orders of a list; a leading minus is descending."""

    NEWEST = "-created_at"
    OLDEST = "created_at"
    TITLE = "title"
    TITLE_DESCENDING = "-title"


@dataclass(frozen=True, slots=True)
class DocumentFilter:
    """What a list is narrowed to."""

    topic_id: UUID | None = None
    status: DocumentStatus | None = None
    family: Family | None = None
    text: str = ""


@dataclass(frozen=True, slots=True)
class NewDocument:
    """What is known of a document when its bytes are stored."""

    id: UUID
    title: str
    original_name: str
    media_type: str
    size_bytes: int
    sha256: str
    object_key: str
    auto_classify: bool


def folded_title(title: str) -> str:
    """The form of a title by which lists sort and filter."""
    return fold(title)[:TITLE_FOLDED_LENGTH]


class DocumentRepository(OwnedRepository):
    """Live documents of one owner."""

    async def get(self, document_id: UUID) -> Document | None:
        """One document with its stages and topics."""
        statement = _with_relations(self._documents().where(Document.id == document_id))
        document: Document | None = await self._session.scalar(statement)
        return document

    async def get_many(self, document_ids: Collection[UUID]) -> dict[UUID, Document]:
        """Those of the documents that exist, with their stages and topics."""
        statement = _with_relations(self._documents().where(Document.id.in_(document_ids)))
        return {document.id: document for document in await self._session.scalars(statement)}

    async def find_by_hash(self, sha256: str) -> Document | None:
        """The document that holds these very bytes."""
        document: Document | None = await self._session.scalar(
            self._documents().where(Document.sha256 == sha256)
        )
        return document

    async def page(
        self, filter_: DocumentFilter, sort: DocumentSort, *, offset: int, limit: int
    ) -> tuple[Sequence[Document], int]:
        """One page of the list and how many documents there are in all."""
        conditions = (*self._live(), *_conditions(filter_))
        total = await self._session.scalar(
            select(func.count()).select_from(Document).where(*conditions)
        )
        statement = _ordered(select(Document).where(*conditions), sort)
        documents = await self._session.scalars(
            _with_relations(statement.offset(offset).limit(limit))
        )
        return documents.all(), total or 0

    async def add(self, new: NewDocument) -> Document:
        """A document with all its stages; the first one is due at once."""
        document = Document(
            id=new.id,
            number=await next_number(self._session, Numbered.DOCUMENT),
            owner_id=self._owner_id,
            title=new.title,
            title_folded=folded_title(new.title),
            original_name=new.original_name,
            media_type=new.media_type,
            size_bytes=new.size_bytes,
            sha256=new.sha256,
            object_key=new.object_key,
        )
        self._session.add(document)
        await self._session.flush()
        self._session.add_all(_first_stages(new.id, new.auto_classify))
        await self._session.flush()
        return document

    async def set_title(self, document_id: UUID, title: str) -> None:
        """Give the document another title."""
        await self._session.execute(
            update(Document)
            .where(*self._live(), Document.id == document_id)
            .values(title=title, title_folded=folded_title(title), updated_at=clock_now())
        )

    async def set_object_key(self, document_id: UUID, object_key: str) -> bool:
        """Point the document at another copy of the same bytes; False when it is gone."""
        changed = await self._session.scalar(
            update(Document)
            .where(*self._live(), Document.id == document_id)
            .values(object_key=object_key, updated_at=clock_now())
            .returning(Document.id)
        )
        return changed is not None

    async def pages(self, document_id: UUID, number: int | None) -> Sequence[Page]:
        """The pages of text, or the one of that number."""
        statement = (
            select(Page)
            .join(Document, Document.id == Page.document_id)
            .where(*self._live(), Page.document_id == document_id)
            .order_by(Page.number)
        )
        if number is not None:
            statement = statement.where(Page.number == number)
        return (await self._session.scalars(statement)).all()


def _with_relations(statement: Select[Any]) -> Select[Any]:
    return statement.options(
        selectinload(Document.stages),
        selectinload(Document.topics).joinedload(DocumentTopic.topic),
    )


def _conditions(filter_: DocumentFilter) -> list[Any]:
    conditions: list[Any] = []
    if filter_.topic_id is not None:
        conditions.append(
            exists().where(
                DocumentTopic.document_id == Document.id,
                DocumentTopic.topic_id == filter_.topic_id,
                DocumentTopic.rejected.is_(False),
            )
        )
    if filter_.status is not None:
        conditions.append(Document.status == filter_.status)
    if filter_.family is Family.OTHER:
        known = frozenset[str]().union(
            *(members(family) for family in Family if family is not Family.OTHER)
        )
        conditions.append(Document.media_type.not_in(known))
    elif filter_.family is Family.IMAGE:
        conditions.append(Document.media_type.startswith("image/"))
    elif filter_.family is not None:
        conditions.append(Document.media_type.in_(members(filter_.family)))
    for word in filter_.text.split()[:8]:
        folded = fold(word)
        conditions.append(
            or_(
                Document.title_folded.contains(folded, autoescape=True),
                func.lower(Document.original_name).contains(folded, autoescape=True),
            )
        )
    return conditions


def _ordered(statement: Select[Any], sort: DocumentSort) -> Select[Any]:
    match sort:
        case DocumentSort.NEWEST:
            return statement.order_by(Document.created_at.desc(), Document.id.desc())
        case DocumentSort.OLDEST:
            return statement.order_by(Document.created_at, Document.id)
        case DocumentSort.TITLE:
            return statement.order_by(Document.title_folded, Document.id)
        case DocumentSort.TITLE_DESCENDING:
            return statement.order_by(Document.title_folded.desc(), Document.id.desc())


def _first_stages(document_id: UUID, auto_classify: bool) -> list[StageRecord]:
    records = [
        StageRecord(document_id=document_id, stage=stage, position=position, result={})
        for position, stage in enumerate(STAGE_ORDER)
    ]
    records[0].next_run_at = clock_now()
    if not auto_classify:
        classify = records[STAGE_ORDER.index(Stage.CLASSIFY)]
        classify.state = StageState.SKIPPED
        classify.error_code = ErrorCode.NOT_REQUESTED
    return records
