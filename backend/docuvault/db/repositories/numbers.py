"""Public numbers, given out inside the caller's transaction."""

from enum import StrEnum
from typing import cast

from sqlalchemy import Table, bindparam, update

from docuvault.db.models import Counter
from docuvault.db.session import AsyncSession


class Numbered(StrEnum):
    """Kinds of things that have a public number."""

    DOCUMENT = "document"
    TOPIC = "topic"


_COUNTERS = cast(Table, Counter.__table__)
_TAKE = (
    update(_COUNTERS)
    .where(_COUNTERS.c.name == bindparam("kind"))
    .values(last=_COUNTERS.c.last + bindparam("taken"))
    .returning(_COUNTERS.c.last)
)


async def next_number(session: AsyncSession, kind: Numbered, count: int = 1) -> int:
    """The first of `count` new numbers; a rollback gives them back."""
    last = (await session.execute(_TAKE, {"kind": kind, "taken": count})).scalar_one_or_none()
    if last is None:
        session.add(Counter(name=kind, last=count))
        await session.flush()
        return 1
    return int(last) - count + 1
