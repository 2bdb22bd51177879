"""Public numbers, given out inside the caller's transaction."""

from enum import StrEnum

from sqlalchemy import update

from docuvault.db.models import Counter
from docuvault.db.session import AsyncSession


class Numbered(StrEnum):
    """Kinds of things that have a public number."""

    DOCUMENT = "document"
    TOPIC = "topic"


async def next_number(session: AsyncSession, kind: Numbered, count: int = 1) -> int:
    """The first of `count` new numbers; a rollback gives them back."""
    statement = (
        update(Counter)
        .where(Counter.name == kind)
        .values(last=Counter.last + count)
        .returning(Counter.last)
    )
    last = (await session.execute(statement)).scalar_one_or_none()
    if last is None:
        session.add(Counter(name=kind, last=count))
        await session.flush()
        return 1
    return int(last) - count + 1
