"""Rows that documents have left behind; foreign keys forbid them, damage and restores do not."""

from uuid import UUID

from sqlalchemy import ColumnElement, exists, select

from docuvault.db.models import Chunk, Document, DocumentTopic, Page, StageRecord
from docuvault.db.session import AsyncSession

_TABLES: dict[str, type[Chunk] | type[DocumentTopic] | type[Page] | type[StageRecord]] = {
    table.__tablename__: table for table in (StageRecord, DocumentTopic, Page, Chunk)
}
PARTS = tuple(_TABLES)
# A hidden document keeps what its removal for good takes away, but these go at once.
_GONE_AT_ONCE = (StageRecord.__tablename__, DocumentTopic.__tablename__)


class RemainsRepository:
    """Reads what is left of documents of all owners."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def left(self, part: str, after: UUID | None, limit: int) -> list[UUID]:
        """Documents behind `after` that have rows in this table and should have none."""
        column = _TABLES[part].document_id
        statement = select(column).distinct().where(_should_have_none(part))
        if after is not None:
            statement = statement.where(column > after)
        return list(await self._session.scalars(statement.order_by(column).limit(limit)))

    async def is_left(self, part: str, document_id: UUID) -> bool:
        """Whether this document has rows in this table and should have none."""
        column = _TABLES[part].document_id
        found = await self._session.scalar(
            select(column).where(column == document_id, _should_have_none(part)).limit(1)
        )
        return found is not None


def _should_have_none(part: str) -> ColumnElement[bool]:
    document = Document.id == _TABLES[part].document_id
    if part in _GONE_AT_ONCE:
        return ~exists().where(document, Document.deleted_at.is_(None))
    return ~exists().where(document)
