"""People who own documents; one owner row stands for everybody until accounts come."""

from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from docuvault.db.base import Base
from docuvault.db.types import UtcDateTime, UuidType, clock_now


class User(Base):
    """A person; `name` is unique and only a label.

    `document_count` is how many live documents the person has; triggers of the database keep it.
    """

    __tablename__ = "users"

    id: Mapped[UUID] = mapped_column(UuidType, primary_key=True, default=uuid4)
    name: Mapped[str] = mapped_column(String(100), unique=True)
    document_count: Mapped[int] = mapped_column(BigInteger, server_default="0")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock_now())
