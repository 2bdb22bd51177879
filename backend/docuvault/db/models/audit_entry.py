"""The audit log: who did what to which thing, never what a document says."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from docuvault.db.base import Base
from docuvault.db.types import BigKey, Json, UtcDateTime, UuidType, clock_now


class AuditEntry(Base):
    """One act; rows are added and never changed."""

    __tablename__ = "audit_entries"
    __table_args__ = (Index(None, "owner_id", "at"),)

    id: Mapped[int] = mapped_column(BigKey, primary_key=True, autoincrement=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock_now())
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    action: Mapped[str] = mapped_column(String(60))
    subject_id: Mapped[UUID | None] = mapped_column(UuidType)
    details: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
