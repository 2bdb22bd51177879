"""The identity of this vault, which its object storage must bear too."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy.orm import Mapped, mapped_column

from docuvault.db.base import Base
from docuvault.db.types import UtcDateTime, UuidType, clock_now


class Installation(Base):
    """One row, made by the first start; `marked_at` is null until the storage bears the id."""

    __tablename__ = "installations"

    id: Mapped[UUID] = mapped_column(UuidType, primary_key=True, default=uuid4)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock_now())
    marked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
