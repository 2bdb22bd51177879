"""People who own documents; one owner row stands for everybody until accounts come."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from docuvault.db.base import Base
from docuvault.db.types import UtcDateTime, UuidType, clock_now


class User(Base):
    """A person; `name` is unique and only a label."""

    __tablename__ = "users"

    id: Mapped[UUID] = mapped_column(UuidType, primary_key=True, default=uuid4)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock_now())
