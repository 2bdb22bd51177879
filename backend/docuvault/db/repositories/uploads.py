"""Queries about upload intents."""

from dataclasses import dataclass
from typing import cast
from uuid import UUID, uuid4

from sqlalchemy import Table, bindparam, delete, exists, insert, select, update

from docuvault.db.models import Document, UploadIntent
from docuvault.db.session import AsyncSession
from docuvault.db.types import clock_after, clock_now
from docuvault.domain.documents import UploadState


@dataclass(frozen=True, slots=True)
class StaleUpload:
    """An upload that never became a document, and where its bytes may lie."""

    id: UUID
    object_key: str


# Written with every upload, so the table is spoken to without the ORM's bookkeeping.
_INTENTS = cast(Table, UploadIntent.__table__)
_OPEN = insert(_INTENTS)
_CLOSE = (
    update(_INTENTS)
    .where(_INTENTS.c.id == bindparam("intent_id"), _INTENTS.c.state == UploadState.RECEIVING)
    .values(state=bindparam("state"), updated_at=clock_now())
    .returning(_INTENTS.c.id)
)


class UploadRepository:
    """Upload intents, from the first byte to their end."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def open(self, owner_id: UUID, document_id: UUID, object_key: str) -> UUID:
        """A new intent in state `receiving`."""
        intent_id = uuid4()
        await self._session.execute(
            _OPEN,
            {
                "id": intent_id,
                "owner_id": owner_id,
                "document_id": document_id,
                "object_key": object_key,
            },
        )
        return intent_id

    async def close(self, intent_id: UUID, state: UploadState) -> bool:
        """End an intent that is under way; False when it was given up, or has ended, before."""
        closed = await self._session.execute(_CLOSE, {"intent_id": intent_id, "state": state})
        return closed.one_or_none() is not None

    async def give_up(self, older_than_seconds: float) -> None:
        """Abandon unfinished intents of that age, so that none can become a document any more."""
        await self._session.execute(
            update(UploadIntent)
            .where(
                UploadIntent.state == UploadState.RECEIVING,
                UploadIntent.updated_at < clock_after(-older_than_seconds),
            )
            .values(state=UploadState.ABANDONED)
        )

    async def stale(self, older_than_seconds: float, limit: int) -> list[StaleUpload]:
        """Abandoned intents of that age whose key no document uses."""
        rows = await self._session.execute(
            select(UploadIntent.id, UploadIntent.object_key)
            .where(
                UploadIntent.state == UploadState.ABANDONED,
                UploadIntent.updated_at < clock_after(-older_than_seconds),
                ~exists().where(Document.object_key == UploadIntent.object_key),
            )
            .order_by(UploadIntent.updated_at)
            .limit(limit)
        )
        return [StaleUpload(row.id, row.object_key) for row in rows]

    async def forget(self, intent_id: UUID) -> None:
        """Remove an intent whose bytes are gone."""
        await self._session.execute(delete(UploadIntent).where(UploadIntent.id == intent_id))

    async def let_go(self, document_id: UUID) -> None:
        """Have the document's present object removed in due time, as that of an abandoned intent.

        For a document that gets another object in the same transaction.
        """
        held = (
            await self._session.execute(
                select(Document.owner_id, Document.object_key)
                .where(Document.id == document_id)
                .with_for_update()
            )
        ).one_or_none()
        if held is None:
            return
        abandoned = await self._session.scalar(
            update(UploadIntent)
            .where(UploadIntent.object_key == held.object_key)
            .values(state=UploadState.ABANDONED, updated_at=clock_now())
            .returning(UploadIntent.id)
        )
        if abandoned is None:
            self._session.add(
                UploadIntent(
                    owner_id=held.owner_id,
                    document_id=document_id,
                    object_key=held.object_key,
                    state=UploadState.ABANDONED,
                )
            )

    async def forget_done(self, older_than_seconds: float, limit: int) -> None:
        """Remove intents of that age that became a document; its own row knows the key now."""
        done = (
            select(UploadIntent.id)
            .where(
                UploadIntent.state == UploadState.DONE,
                UploadIntent.updated_at < clock_after(-older_than_seconds),
            )
            .limit(limit)
        )
        await self._session.execute(delete(UploadIntent).where(UploadIntent.id.in_(done)))
