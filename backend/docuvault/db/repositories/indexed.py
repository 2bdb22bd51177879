"""Queries about what the vector index must hold, and filling it again."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import and_, exists, func, select, update

from docuvault.db.models import Chunk, Document, StageRecord
from docuvault.db.repositories.locks import lock_documents
from docuvault.db.repositories.stages import FRESH
from docuvault.db.session import AsyncSession
from docuvault.db.types import clock_now
from docuvault.domain.documents import DocumentStatus, Stage, StageState


@dataclass(frozen=True, slots=True)
class Reopened:
    """How many documents were reopened, and the last one looked at; None when none was left."""

    documents: int
    last: UUID | None


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

    async def reopen_indexed(self, limit: int, after: UUID | None = None) -> Reopened:
        """Let the next `limit` documents behind `after`, by id, be indexed again.

        A large vault is reopened in several transactions, so that nobody waits long for one.
        """
        is_indexed = and_(
            StageRecord.stage == Stage.EMBED,
            StageRecord.state == StageState.DONE,
            exists().where(Chunk.document_id == StageRecord.document_id),
        )
        candidates = select(StageRecord.document_id).where(is_indexed)
        if after is not None:
            candidates = candidates.where(StageRecord.document_id > after)
        found = (
            await self._session.scalars(candidates.order_by(StageRecord.document_id).limit(limit))
        ).all()
        if not found:
            return Reopened(0, None)
        await lock_documents(self._session, found)
        # Whoever held a document until now may have reopened or deleted it.
        reopened = (
            await self._session.scalars(
                update(StageRecord)
                .where(StageRecord.document_id.in_(found), is_indexed)
                .values(**FRESH, next_run_at=clock_now(), generation=StageRecord.generation + 1)
                .returning(StageRecord.document_id),
                execution_options={"synchronize_session": False},
            )
        ).all()
        await self._session.execute(
            update(Document)
            .where(Document.id.in_(reopened), Document.status == DocumentStatus.READY)
            .values(status=DocumentStatus.PROCESSING)
        )
        return Reopened(len(reopened), found[-1])
