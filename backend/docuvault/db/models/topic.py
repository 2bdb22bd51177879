"""Topics: the owner's own words for what documents are about."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from docuvault.db.base import Base
from docuvault.db.types import UtcDateTime, UuidType, clock_now


class Topic(Base):
    """One topic; names are unique per owner whatever their case and accents."""

    __tablename__ = "topics"
    __table_args__ = (UniqueConstraint("owner_id", "name_folded"),)

    id: Mapped[UUID] = mapped_column(UuidType, primary_key=True, default=uuid4)
    number: Mapped[int] = mapped_column(BigInteger, unique=True)
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    name: Mapped[str] = mapped_column(String(100))
    name_folded: Mapped[str] = mapped_column(String(255))
    description: Mapped[str] = mapped_column(Text, default="")
    color: Mapped[str] = mapped_column(String(7))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock_now())
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock_now())
