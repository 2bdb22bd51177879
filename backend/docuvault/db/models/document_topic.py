"""Which topics a document has, who said so, and why."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Boolean, Float, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from docuvault.db.base import Base
from docuvault.db.models.topic import Topic
from docuvault.db.types import UtcDateTime, clock_now


class DocumentTopic(Base):
    """A topic on a document, or (`rejected`) one that its owner took off and wants off."""

    __tablename__ = "document_topics"
    __table_args__ = (Index(None, "topic_id", "rejected"),)

    document_id: Mapped[UUID] = mapped_column(
        ForeignKey("documents.id", ondelete="CASCADE"), primary_key=True
    )
    topic_id: Mapped[UUID] = mapped_column(
        ForeignKey("topics.id", ondelete="CASCADE"), primary_key=True
    )
    source: Mapped[str] = mapped_column(String(16))
    confidence: Mapped[float] = mapped_column(Float, default=1.0)
    evidence: Mapped[str] = mapped_column(Text, default="")
    rejected: Mapped[bool] = mapped_column(Boolean, default=False)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock_now())

    topic: Mapped[Topic] = relationship(lazy="raise")
