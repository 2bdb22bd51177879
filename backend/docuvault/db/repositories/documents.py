"""Queries about an owner's documents."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast
from uuid import UUID

from sqlalchemy import Select, Table, bindparam, insert, select, update
from sqlalchemy.orm import selectinload

from docuvault.db.models import Document, DocumentTopic, Page, StageRecord
from docuvault.db.repositories.base import OwnedRepository
from docuvault.db.repositories.numbers import Numbered, next_number
from docuvault.db.types import clock_now
from docuvault.domain.documents import STAGE_ORDER, DocumentStatus, Stage, StageState, TitleSource
from docuvault.domain.errors import ErrorCode
from docuvault.domain.modes import Mode
from docuvault.domain.text import fold

FOLDED_LENGTH = 255
# The entry of a document's details that is there only while its stored bytes are damaged.
INTEGRITY = "integrity"


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


@dataclass(frozen=True, slots=True)
class KnownDocument:
    """A document that claims to hold certain bytes."""

    id: UUID
    object_key: str
    size_bytes: int
    status: DocumentStatus


# Written once per upload, so the tables are spoken to without the ORM's bookkeeping.
_DOCUMENTS = cast(Table, Document.__table__)
_ADD_DOCUMENT = insert(_DOCUMENTS).returning(_DOCUMENTS.c.created_at, _DOCUMENTS.c.updated_at)
_KNOWN = select(Document.id, Document.object_key, Document.size_bytes, Document.status).where(
    Document.sha256 == bindparam("hash")
)
_ADD_STAGES = insert(cast(Table, StageRecord.__table__))


def folded_title(title: str) -> str:
    """The form of a title or file name by which lists sort and filter."""
    return fold(title)[:FOLDED_LENGTH]


class DocumentRepository(OwnedRepository):
    """Live documents of one owner."""

    async def get(self, document_id: UUID) -> Document | None:
        """One document with its stages and topics."""
        statement = _with_relations(self._documents().where(Document.id == document_id))
        document: Document | None = await self._session.scalar(statement)
        return document

    async def find_by_hash(self, sha256: str) -> KnownDocument | None:
        """The document that holds these very bytes."""
        row = (
            await self._session.execute(_KNOWN.where(*self._live()), {"hash": sha256})
        ).one_or_none()
        return (
            KnownDocument(row.id, row.object_key, row.size_bytes, DocumentStatus(row.status))
            if row
            else None
        )

    async def add(self, new: NewDocument) -> Document:
        """A document with all its stages; the first one is due at once.

        What is returned shows what was written and belongs to no session.
        """
        values: dict[str, Any] = {
            "id": new.id,
            "number": await next_number(self._session, Numbered.DOCUMENT),
            "owner_id": self._owner_id,
            "title": new.title,
            "title_folded": folded_title(new.title),
            "original_name": new.original_name,
            "name_folded": folded_title(new.original_name),
            "media_type": new.media_type,
            "size_bytes": new.size_bytes,
            "sha256": new.sha256,
            "object_key": new.object_key,
            "status": DocumentStatus.PENDING,
            "needs_review": False,
            "details": {},
        }
        written = (await self._session.execute(_ADD_DOCUMENT, values)).one()
        stages = _first_stages(new.id, new.auto_classify, written.created_at)
        await self._session.execute(_ADD_STAGES, stages)
        return Document(
            **values,
            created_at=written.created_at,
            updated_at=written.updated_at,
            stages=[StageRecord(**stage) for stage in stages],
            topics=[],
        )

    async def set_title(self, document_id: UUID, title: str) -> None:
        """Give the document another title."""
        await self._session.execute(
            update(Document)
            .where(*self._live(), Document.id == document_id)
            .values(
                title=title,
                title_folded=folded_title(title),
                title_source=TitleSource.USER,
                updated_at=clock_now(),
            )
        )

    async def set_needs_review(self, document_id: UUID, needs_review: bool) -> None:
        """Note what a person says: that the document is to be looked through, or has been."""
        await self._session.execute(
            update(Document)
            .where(*self._live(), Document.id == document_id)
            .values(
                needs_review=needs_review,
                reviewed_at=None if needs_review else clock_now(),
                updated_at=clock_now(),
            )
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

    async def note_integrity(self, document_id: UUID, *, is_whole: bool) -> bool:
        """Note in the details whether the stored bytes are those uploaded; whether that is news."""
        details = await self._session.scalar(
            select(Document.details).where(*self._live(), Document.id == document_id)
        )
        if details is None or (INTEGRITY not in details) == is_whole:
            return False
        kept = {name: value for name, value in details.items() if name != INTEGRITY}
        if not is_whole:
            kept[INTEGRITY] = ErrorCode.INTEGRITY_FAILED.value
        await self._session.execute(
            update(Document)
            .where(*self._live(), Document.id == document_id)
            .values(details=kept, updated_at=clock_now())
        )
        return True

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


def _first_stages(
    document_id: UUID, auto_classify: bool, due_from: datetime
) -> list[dict[str, Any]]:
    stages: list[dict[str, Any]] = [
        {
            "document_id": document_id,
            "stage": stage,
            "position": position,
            "state": StageState.PENDING,
            "attempts": 0,
            "mode": Mode.PRIMARY,
            "error_code": None,
            "next_run_at": None,
            "result": {},
        }
        for position, stage in enumerate(STAGE_ORDER)
    ]
    stages[0]["next_run_at"] = due_from
    if not auto_classify:
        stages[STAGE_ORDER.index(Stage.CLASSIFY)] |= {
            "state": StageState.SKIPPED,
            "error_code": ErrorCode.NOT_REQUESTED,
        }
    return stages
