"""Canaries: tasks without work that show whether queue and workers are alive."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from docuvault.db.base import Base
from docuvault.db.types import UtcDateTime


class Canary(Base):
    """When one kind of canary was last sent, and when one last came through."""

    __tablename__ = "canaries"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    seen_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
