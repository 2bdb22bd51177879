"""One order of row locks: a document before all that hangs on it."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select

from docuvault.db.models import Document, User
from docuvault.db.session import AsyncSession


async def lock_document(session: AsyncSession, document_id: UUID) -> None:
    """Hold the document's row until the end of the transaction.

    Two writers of one document then wait for each other in place of dying in a deadlock, and the
    second one sees all that the first one wrote. SQLite has one writer at a time anyway, from the
    begin of its transaction.
    """
    if session.get_bind().dialect.name == "sqlite":
        return
    await session.execute(
        select(Document.id).where(Document.id == document_id).with_for_update(key_share=True)
    )


async def lock_documents(session: AsyncSession, document_ids: Collection[UUID]) -> None:
    """Hold the rows of several documents, taken in one order by everybody."""
    if session.get_bind().dialect.name == "sqlite":
        return
    await session.execute(
        select(Document.id)
        .where(Document.id.in_(document_ids))
        .order_by(Document.id)
        .with_for_update(key_share=True)
    )


async def lock_owner(session: AsyncSession, owner_id: UUID) -> None:
    """Hold the owner's row until the end of the transaction: one change of his rules at a time."""
    if session.get_bind().dialect.name == "sqlite":
        return
    await session.execute(
        select(User.id).where(User.id == owner_id).with_for_update(key_share=True)
    )
