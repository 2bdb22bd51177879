"""Queries about what the vector index must hold, and filling it again."""

from sqlalchemy import CursorResult, exists, func, select, update

from docuvault.db.models import Chunk, Document, StageRecord
from docuvault.db.repositories.stages import FRESH
from docuvault.db.session import AsyncSession
from docuvault.db.types import clock_now
from docuvault.domain.documents import DocumentStatus, Stage, StageState


class IndexedRepository:
    """Indexed documents of all owners; only the check of the index comes here."""

    def __init__(self, session: AsyncSession) -> None:
        self._session = session

    async def indexed_chunks(self) -> int:
        """Chunks of all documents whose last stage is done: what the index must hold at least."""
        counted = await self._session.scalar(
            select(func.count())
            .select_from(Chunk)
            .join(StageRecord, StageRecord.document_id == Chunk.document_id)
            .where(StageRecord.stage == Stage.EMBED, StageRecord.state == StageState.DONE)
        )
        return counted or 0

    async def reopen_indexed(self) -> int:
        """Let all documents be indexed again; returns how many."""
        reopened = await self._session.execute(
            update(StageRecord)
            .where(
                StageRecord.stage == Stage.EMBED,
                StageRecord.state == StageState.DONE,
                exists().where(Chunk.document_id == StageRecord.document_id),
            )
            .values(**FRESH, next_run_at=clock_now(), generation=StageRecord.generation + 1)
        )
        await self._session.execute(
            update(Document)
            .where(
                Document.status == DocumentStatus.READY,
                exists().where(
                    StageRecord.document_id == Document.id,
                    StageRecord.state == StageState.PENDING,
                ),
            )
            .values(status=DocumentStatus.PROCESSING)
        )
        return int(reopened.rowcount) if isinstance(reopened, CursorResult) else 0
