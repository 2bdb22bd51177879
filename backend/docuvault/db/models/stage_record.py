"""Stage records: the record of work; whoever holds the lease of a row may do it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Integer, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from docuvault.db.base import Base
from docuvault.db.types import Json, UtcDateTime, UuidType
from docuvault.domain.documents import StageState
from docuvault.domain.modes import Mode

_PROVISIONAL = text(f"mode <> '{Mode.PRIMARY}'")


class StageRecord(Base):
    """One stage of one document.

    `lease_token` names the worker run that may write the result; it is cleared with every end, so
    a late worker's result matches no row. `crashes` counts runs that never reported back.
    `next_run_at` is null while an earlier stage is still to come. `mode` is the one in which the
    result was made; what was made with less than everything is made again after `next_run_at`,
    and `completions` counts those tries.
    """

    __tablename__ = "stage_records"
    __table_args__ = (
        Index(None, "state", "next_run_at"),
        Index(None, "state", "lease_until"),
        # For when anything last moved.
        Index(None, "finished_at"),
        Index(
            "ix_stage_records_provisional",
            "mode",
            "state",
            "next_run_at",
            postgresql_where=_PROVISIONAL,
            sqlite_where=_PROVISIONAL,
        ),
    )

    document_id: Mapped[UUID] = mapped_column(
        ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True
    )
    stage: Mapped[str] = mapped_column(String(16), primary_key=True)
    position: Mapped[int] = mapped_column(Integer)
    generation: Mapped[int] = mapped_column(Integer, default=1)
    state: Mapped[str] = mapped_column(String(16), default=StageState.PENDING)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    crashes: Mapped[int] = mapped_column(Integer, default=0)
    mode: Mapped[str] = mapped_column(String(16), default=Mode.PRIMARY, server_default=Mode.PRIMARY)
    completions: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    next_run_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    lease_token: Mapped[UUID | None] = mapped_column(UuidType)
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    error_code: Mapped[str | None] = mapped_column(String(40))
    error_detail: Mapped[str | None] = mapped_column(Text)
    result: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    started_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    finished_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
