"""The AI provider that administrators chose in the vault itself, instead of its environment."""

from datetime import datetime

from sqlalchemy import Integer, LargeBinary, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from docuvault.db.base import Base
from docuvault.db.types import UtcDateTime, clock_now


class AIChoice(Base):
    """One row at most. `version` grows with every change; `sealed_key` is an encrypted API key."""

    __tablename__ = "ai_choices"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False, default=1)
    version: Mapped[int] = mapped_column(Integer, default=1)
    provider: Mapped[str] = mapped_column(String(16))
    model: Mapped[str] = mapped_column(String(200), default="")
    base_url: Mapped[str] = mapped_column(String(2000), default="")
    system_prompt: Mapped[str] = mapped_column(Text, default="")
    max_characters: Mapped[int] = mapped_column(Integer)
    sealed_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock_now())
