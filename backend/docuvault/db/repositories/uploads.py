"""Queries about upload intents."""

from dataclasses import dataclass
from uuid import UUID, uuid4

from sqlalchemy import delete, exists, select, update

from docuvault.db.models import Document, UploadIntent
from docuvault.db.session import AsyncSession
from docuvault.db.types import clock_after, clock_now
from docuvault.domain.documents import UploadState


@dataclass(frozen=True, slots=True)
class StaleUpload:
    """An upload that never became a document, and where its bytes may lie."""

    id: UUID
    object_key: str


class UploadRepository:
    """Upload intents, from the first byte to their end."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    def open(self, owner_id: UUID, document_id: UUID, object_key: str) -> UUID:
        """A new intent in state `receiving`."""
        intent_id = uuid4()
        self._session.add(
            UploadIntent(
                id=intent_id, owner_id=owner_id, document_id=document_id, object_key=object_key
            )
        )
        return intent_id

    async def close(self, intent_id: UUID, state: UploadState) -> bool:
        """End an intent that is under way; False when it was given up, or has ended, before."""
        closed = await self._session.scalar(
            update(UploadIntent)
            .where(UploadIntent.id == intent_id, UploadIntent.state == UploadState.RECEIVING)
            .values(state=state, updated_at=clock_now())
            .returning(UploadIntent.id)
        )
        return closed is not None

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
