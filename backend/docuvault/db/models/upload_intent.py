"""Upload intents: written before the first byte is stored, so that no byte is without a record."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from docuvault.db.base import Base
from docuvault.db.types import UtcDateTime, UuidType, clock_now
from docuvault.domain.documents import UploadState


class UploadIntent(Base):
    """One attempt to upload; `object_key` is where its bytes go or went."""

    __tablename__ = "upload_intents"
    __table_args__ = (Index(None, "state", "updated_at"),)

    id: Mapped[UUID] = mapped_column(UuidType, primary_key=True, default=uuid4)
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    document_id: Mapped[UUID] = mapped_column(UuidType)
    object_key: Mapped[str] = mapped_column(String(200), unique=True)
    state: Mapped[str] = mapped_column(String(16), default=UploadState.RECEIVING)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock_now())
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock_now())
