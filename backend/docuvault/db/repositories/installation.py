"""Queries about the identity of this vault."""

from uuid import UUID

from sqlalchemy import select, update

from docuvault.db.models import Installation
from docuvault.db.repositories.locks import lock_owner
from docuvault.db.session import AsyncSession
from docuvault.db.types import clock_now


async def find_installation(session: AsyncSession) -> Installation | None:
    """The one row, if the first start has made it."""
    return await session.scalar(
        select(Installation).order_by(Installation.created_at, Installation.id).limit(1)
    )


async def ensure_installation(session: AsyncSession, owner_id: UUID) -> Installation:
    """The one row; starts at the same time take turns, and so agree on it."""
    await lock_owner(session, owner_id)
    found = await find_installation(session)
    if found is None:
        found = Installation()
        session.add(found)
        await session.flush()
    return found


async def note_marked(session: AsyncSession, installation_id: UUID) -> None:
    """From now on the storage must bear the id."""
    await session.execute(
        update(Installation).where(Installation.id == installation_id).values(marked_at=clock_now())
    )
