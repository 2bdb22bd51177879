"""The owner filter: every query on behalf of a person starts from one of these selects."""

from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, select

from docuvault.db.models import Document, Topic
from docuvault.db.session import AsyncSession


class OwnedRepository:
    """Queries on behalf of one owner; nothing of anybody else can be reached through it."""

    def __init__(self, session: AsyncSession, owner_id: UUID) -> None:
        self._session = session
        self._owner_id = owner_id

    def _live(self) -> tuple[ColumnElement[bool], ...]:
        return (Document.owner_id == self._owner_id, Document.deleted_at.is_(None))

    def _documents(self) -> Select[Any]:
        return select(Document).where(*self._live())

    def _topics(self) -> Select[Any]:
        return select(Topic).where(Topic.owner_id == self._owner_id)
