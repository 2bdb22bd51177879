"""Queries about people."""

from uuid import UUID

from sqlalchemy import select

from docuvault.db.models import Counter, User
from docuvault.db.repositories.numbers import Numbered
from docuvault.db.session import AsyncSession, Database, DuplicateRow

OWNER_NAME = "owner"


async def find_owner(session: AsyncSession) -> UUID | None:
    """The one owner, if the first start has made the row."""
    return await session.scalar(select(User.id).where(User.name == OWNER_NAME))


async def ensure_owner(database: Database) -> UUID:
    """The one owner; the first start makes the row, and starts at the same time agree on it."""
    async with database.reading() as session:
        found = await find_owner(session)
    if found is not None:
        return found
    try:
        async with database.writing() as session:
            owner = User(name=OWNER_NAME)
            session.add(owner)
            session.add_all(Counter(name=kind, last=0) for kind in Numbered)
        return owner.id
    except DuplicateRow:
        async with database.reading() as session:
            found = await find_owner(session)
        if found is None:
            raise
        return found
