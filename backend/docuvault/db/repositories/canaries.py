"""Queries about canaries: when one was sent, and when one came through."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite

from docuvault.db.models import Canary
from docuvault.db.session import AsyncSession
from docuvault.db.types import clock_after, clock_now

# The canary that goes the way of the documents.
DOCUMENTS_CANARY = "documents"


class CanaryRepository:
    """Times are those of the database."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def is_due(self, name: str, interval_seconds: float) -> bool:
        """Whether none was sent for so long."""
        recent = await self._session.scalar(
            select(Canary.name).where(
                Canary.name == name, Canary.sent_at > clock_after(-interval_seconds)
            )
        )
        return recent is None

    async def note_sent(self, name: str) -> None:
        """One was handed to the queue just now."""
        await self._note(name, sent_at=clock_now())

    async def note_seen(self, name: str) -> None:
        """One came through just now."""
        await self._note(name, seen_at=clock_now())

    async def _note(self, name: str, **times: Any) -> None:
        is_sqlite = self._session.get_bind().dialect.name == "sqlite"
        insert = sqlite.insert if is_sqlite else postgresql.insert
        await self._session.execute(
            insert(Canary)
            .values(name=name, **times)
            .on_conflict_do_update(index_elements=[Canary.name], set_=times)
        )
