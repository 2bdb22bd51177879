"""Routing rules: an owner's own words for what is to happen to documents of a kind."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Boolean, ForeignKey, Index, Integer, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from docuvault.db.base import Base
from docuvault.db.types import Json, UtcDateTime, UuidType, clock_now


class RoutingRule(Base):
    """If `condition` holds, then `actions`; rules are evaluated by `position`, the least first."""

    __tablename__ = "routing_rules"
    __table_args__ = (Index(None, "owner_id", "position"),)

    id: Mapped[UUID] = mapped_column(UuidType, primary_key=True, default=uuid4)
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column(Integer)
    name: Mapped[str] = mapped_column(String(100))
    condition: Mapped[str] = mapped_column(Text)
    actions: Mapped[dict[str, Any]] = mapped_column(Json)
    enabled: Mapped[bool] = mapped_column(Boolean, default=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock_now())
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock_now())
