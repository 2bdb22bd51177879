"""Queries behind lists and hits: plain rows instead of entities, pages by keyset or by number."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, cast
from uuid import UUID

from pydantic import TypeAdapter
from sqlalchemy import (
    ColumnElement,
    Select,
    Table,
    Text,
    and_,
    bindparam,
    case,
    exists,
    func,
    null,
    or_,
    select,
    tuple_,
)
from sqlalchemy import cast as cast_to

from docuvault.db.json_rows import JsonInside, JsonRow, JsonRows
from docuvault.db.models import Document, DocumentTopic, StageRecord, Topic, User
from docuvault.db.repositories.base import OwnedRepository
from docuvault.db.repositories.listed import ListedDocument
from docuvault.domain.documents import DocumentStatus, StageState
from docuvault.domain.media_types import Family, members
from docuvault.domain.modes import Mode
from docuvault.domain.text import fold

_MOST_WORDS = 8

_documents = cast(Table, Document.__table__)
_document = _documents.c
_stage = cast(Table, StageRecord.__table__).c
_given = cast(Table, DocumentTopic.__table__).c
_topic = cast(Table, Topic.__table__).c
_user = cast(Table, User.__table__).c


class DocumentSort(StrEnum):
    """Orders of a list; a leading minus is descending."""

    NEWEST = "-created_at"
    OLDEST = "created_at"
    TITLE = "title"
    TITLE_DESCENDING = "-title"

    @property
    def by_time(self) -> bool:
        """Whether by moments, not by titles."""
        return self in {DocumentSort.NEWEST, DocumentSort.OLDEST}

    @property
    def descending(self) -> bool:
        """Whether the greatest comes first."""
        return self in {DocumentSort.NEWEST, DocumentSort.TITLE_DESCENDING}


@dataclass(frozen=True, slots=True)
class DocumentFilter:
    """What a list is narrowed to."""

    topic_id: UUID | None = None
    status: DocumentStatus | None = None
    family: Family | None = None
    text: str = ""
    needs_review: bool | None = None


@dataclass(frozen=True, slots=True)
class ListPlace:
    """A place in an order: right after the document of that key (moment or folded title) and id."""

    sort: DocumentSort
    key: datetime | str
    id: UUID


@dataclass(frozen=True, slots=True)
class DocumentWindow:
    """A part of a list, how many documents the whole list has, and where it goes on."""

    documents: Sequence[ListedDocument]
    total: int
    next: ListPlace | None


_OWNER = bindparam("owner_id", type_=_document.owner_id.type)
_LIVE = and_(_document.owner_id == _OWNER, _document.deleted_at.is_(None))
_TOTAL = select(_user.document_count).where(_user.id == _OWNER).scalar_subquery()
_STAGES = (
    select(
        JsonRows(
            JsonRow(
                stage=_stage.stage,
                state=_stage.state,
                attempts=_stage.attempts,
                mode=_stage.mode,
                next_run_at=case(
                    (_stage.state == StageState.PENDING.value, _stage.next_run_at),
                    (_stage.mode != Mode.PRIMARY.value, _stage.next_run_at),
                ),
                started_at=_stage.started_at,
                finished_at=_stage.finished_at,
                error_code=_stage.error_code,
                error_detail=_stage.error_detail,
            ),
            _stage.position,
        )
    )
    .where(_stage.document_id == _document.id)
    .correlate(_documents)
)
_TOPICS = (
    select(
        JsonRows(
            JsonRow(
                id=_topic.id,
                number=_topic.number,
                name=_topic.name,
                color=_topic.color,
                source=_given.source,
                confidence=_given.confidence,
                evidence=_given.evidence,
            ),
            _given.confidence.desc(),
            _topic.name_folded,
        )
    )
    .join_from(_given.document_id.table, _topic.id.table, _topic.id == _given.topic_id)
    .where(_given.document_id == _document.id, _given.rejected.is_(False))
    .correlate(_documents)
)
_DOCUMENT = JsonRow(
    id=_document.id,
    number=_document.number,
    title=_document.title,
    title_folded=_document.title_folded,
    original_name=_document.original_name,
    media_type=_document.media_type,
    size_bytes=_document.size_bytes,
    sha256=_document.sha256,
    status=_document.status,
    needs_review=_document.needs_review,
    page_count=_document.page_count,
    character_count=_document.character_count,
    created_at=_document.created_at,
    updated_at=_document.updated_at,
    stages=JsonInside(_STAGES),
    topics=JsonInside(_TOPICS),
)
# Not by the owner's index: without statistics SQLite takes an owner's documents for few.
_SOME = select(cast_to(JsonRows(_DOCUMENT, _document.id), Text)).where(
    _document.id.in_(bindparam("ids", type_=_document.id.type, expanding=True)),
    func.coalesce(_document.owner_id, null()) == _OWNER,
    _document.deleted_at.is_(None),
)
_READ = TypeAdapter(list[ListedDocument])


class DocumentListing(OwnedRepository):
    """Live documents of one owner as lists and searches show them."""

    async def page(
        self, filter_: DocumentFilter, sort: DocumentSort, *, offset: int, limit: int
    ) -> DocumentWindow:
        """The documents from `offset` on; time grows slowly with the offset."""
        return await self._window(filter_, sort, {"skipped": offset}, limit)

    async def after(
        self, filter_: DocumentFilter, place: ListPlace, *, limit: int
    ) -> DocumentWindow:
        """The documents that follow a place, wherever it is in the list."""
        return await self._window(filter_, place.sort, {"key": place.key, "id": place.id}, limit)

    async def get_many(self, document_ids: Collection[UUID]) -> dict[UUID, ListedDocument]:
        """Those of the documents that exist."""
        values = {"owner_id": self._owner_id, "ids": list(document_ids)}
        found = (await self._session.execute(_SOME, values)).scalar_one()
        return {document.id: document for document in _READ.validate_json(found)}

    async def _window(
        self, filter_: DocumentFilter, sort: DocumentSort, start: dict[str, Any], limit: int
    ) -> DocumentWindow:
        statement = _statement(filter_, sort, "after" if "key" in start else "from")
        values = {"owner_id": self._owner_id, "most": limit + 1, **start}
        found, total = (await self._session.execute(statement, values)).one()
        documents = _READ.validate_json(found)
        shown = documents[:limit]
        more = len(documents) > limit
        return DocumentWindow(shown, total or 0, _place_of(shown[-1], sort) if more else None)


def _place_of(document: ListedDocument, sort: DocumentSort) -> ListPlace:
    key = document.created_at if sort.by_time else document.title_folded
    return ListPlace(sort, key, document.id)


@lru_cache(maxsize=256)
def _statement(filter_: DocumentFilter, sort: DocumentSort, start: str) -> Select[str, int]:
    """One row: the documents as JSON, and the total. Kept, since making it takes long.

    It starts `from` a number of documents on, or `after` a place. The window is of ids, so that
    what is skipped is read from the index alone.
    """
    key = _document.created_at if sort.by_time else _document.title_folded
    order = [column.desc() if sort.descending else column for column in (key, _document.id)]
    number = _document.number.type
    window = (
        select(_document.id)
        .where(_LIVE, *_conditions(filter_))
        .order_by(*order)
        .limit(bindparam("most", type_=number))
    )
    if start == "after":
        here = tuple_(key, _document.id)
        place = tuple_(bindparam("key", type_=key.type), bindparam("id", type_=_document.id.type))
        window = window.where(here < place if sort.descending else here > place)
    else:
        window = window.offset(bindparam("skipped", type_=number))
    shown = window.subquery("shown")
    return select(cast_to(JsonRows(_DOCUMENT, *order), Text), _total_of(filter_)).join_from(
        _documents, shown, shown.c.id == _document.id
    )


def _total_of(filter_: DocumentFilter) -> ColumnElement[int]:
    """The whole list is counted as documents come and go, a narrowed one when it is asked for."""
    if filter_ == DocumentFilter():
        return _TOTAL
    counted = select(func.count(_document.id)).where(_LIVE, *_conditions(filter_))
    return counted.correlate(None).scalar_subquery()


def _conditions(filter_: DocumentFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if filter_.topic_id is not None:
        conditions.append(
            exists().where(
                _given.document_id == _document.id,
                _given.topic_id == filter_.topic_id,
                _given.rejected.is_(False),
            )
        )
    if filter_.status is not None:
        conditions.append(_document.status == filter_.status)
    if filter_.family is Family.OTHER:
        known = frozenset[str]().union(
            *(members(family) for family in Family if family is not Family.OTHER)
        )
        conditions.append(_document.media_type.not_in(known))
    elif filter_.family is Family.IMAGE:
        conditions.append(_document.media_type.startswith("image/"))
    elif filter_.family is not None:
        conditions.append(_document.media_type.in_(members(filter_.family)))
    if filter_.needs_review is not None:
        conditions.append(_document.needs_review.is_(filter_.needs_review))
    for word in filter_.text.split()[:_MOST_WORDS]:
        folded = fold(word)
        conditions.append(
            or_(
                _document.title_folded.contains(folded, autoescape=True),
                _document.name_folded.contains(folded, autoescape=True),
            )
        )
    return conditions
