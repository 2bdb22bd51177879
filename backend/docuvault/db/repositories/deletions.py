"""Queries that take documents away: first out of sight, later for good."""

from collections.abc import Collection
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import delete, select, update

from docuvault.db.models import Document, DocumentTopic, StageRecord
from docuvault.db.repositories.base import OwnedRepository
from docuvault.db.session import AsyncSession
from docuvault.db.types import clock_now


@dataclass(frozen=True, slots=True)
class DeletedDocument:
    """A document that is out of sight and waits to be removed."""

    id: UUID
    owner_id: UUID
    object_key: str


class DeletionRepository(OwnedRepository):
    """Taking one owner's documents out of sight."""

    async def hide(self, document_id: UUID) -> bool:
        """Out of every list and search at once; False when there is no such document.

        The stages go too, so that whoever is still working on it has its result fenced out.
        """
        hidden = await self._session.execute(
            update(Document)
            .where(*self._live(), Document.id == document_id)
            .values(
                deleted_at=clock_now(),
                updated_at=clock_now(),
                generation=Document.generation + 1,
            )
            .returning(Document.id)
        )
        if hidden.scalar_one_or_none() is None:
            return False
        for table in (StageRecord, DocumentTopic):
            await self._session.execute(delete(table).where(table.document_id == document_id))
        return True


async def find_deleted(session: AsyncSession, document_id: UUID) -> DeletedDocument | None:
    """One hidden document."""
    row = (
        await session.execute(
            select(Document.id, Document.owner_id, Document.object_key).where(
                Document.id == document_id, Document.deleted_at.is_not(None)
            )
        )
    ).one_or_none()
    return DeletedDocument(row.id, row.owner_id, row.object_key) if row else None


async def deleted_ids(session: AsyncSession, limit: int) -> list[UUID]:
    """Hidden documents, those that wait longest first."""
    rows = await session.scalars(
        select(Document.id)
        .where(Document.deleted_at.is_not(None))
        .order_by(Document.deleted_at)
        .limit(limit)
    )
    return list(rows)


async def is_gone(session: AsyncSession, document_id: UUID) -> bool:
    """Whether the document is hidden or removed."""
    live = await session.scalar(
        select(Document.id).where(Document.id == document_id, Document.deleted_at.is_(None))
    )
    return live is None


async def unknown(session: AsyncSession, document_ids: Collection[UUID]) -> set[UUID]:
    """Those that no row is about any more, not even that of a hidden document."""
    rows = await session.scalars(select(Document.id).where(Document.id.in_(document_ids)))
    return {*document_ids} - {*rows}


async def remove(session: AsyncSession, document_id: UUID) -> None:
    """Remove the row of a hidden document with all that hangs on it."""
    await session.execute(
        delete(Document).where(Document.id == document_id, Document.deleted_at.is_not(None))
    )
