"""Documents: one row per kept original."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import (
    BigInteger,
    Boolean,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from docuvault.db.base import Base
from docuvault.db.models.document_topic import DocumentTopic
from docuvault.db.models.stage_record import StageRecord
from docuvault.db.types import Json, UtcDateTime, UuidType, clock_now
from docuvault.domain.documents import DocumentStatus, TitleSource


def _of_live(name: str, *columns: str, unique: bool = False) -> Index:
    """An index of those documents that are not deleted."""
    live = text("deleted_at IS NULL")
    return Index(name, *columns, unique=unique, postgresql_where=live, sqlite_where=live)


class Document(Base):
    """An original and what is known of it.

    `sha256` and `size_bytes` are written once. `generation` grows when the document is deleted or
    read anew; results of an older generation are fenced out. `reviewed_at` is when a person said
    that the document needs no review; rules then ask for none. `vector` is the document's place
    in the embedder's space (float32), for topics.
    """

    __tablename__ = "documents"
    __table_args__ = (
        _of_live("uq_documents_owner_id_sha256_live", "owner_id", "sha256", unique=True),
        # With `deleted_at`, so that SQLite need not look into the rows for it.
        _of_live("ix_documents_created_at_live", "owner_id", "created_at", "id", "deleted_at"),
        _of_live("ix_documents_title_live", "owner_id", "title_folded", "id", "deleted_at"),
        Index(
            "ix_documents_needs_review",
            "owner_id",
            "created_at",
            "id",
            # Spelt as the query is, else SQLite does not take it.
            postgresql_where=text("needs_review IS true AND deleted_at IS NULL"),
            sqlite_where=text("needs_review IS 1 AND deleted_at IS NULL"),
        ),
        Index(None, "deleted_at"),
    )

    id: Mapped[UUID] = mapped_column(UuidType, primary_key=True, default=uuid4)
    number: Mapped[int] = mapped_column(BigInteger, unique=True)
    owner_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"))
    title: Mapped[str] = mapped_column(String(255))
    title_folded: Mapped[str] = mapped_column(String(255))
    title_source: Mapped[str] = mapped_column(
        String(16), default=TitleSource.NAME, server_default=TitleSource.NAME
    )
    original_name: Mapped[str] = mapped_column(String(255))
    name_folded: Mapped[str] = mapped_column(String(255), server_default="")
    media_type: Mapped[str] = mapped_column(String(120))
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    sha256: Mapped[str] = mapped_column(String(64))
    object_key: Mapped[str] = mapped_column(String(200), unique=True)
    status: Mapped[str] = mapped_column(String(16), default=DocumentStatus.PENDING)
    generation: Mapped[int] = mapped_column(Integer, default=1)
    needs_review: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    reviewed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    page_count: Mapped[int | None] = mapped_column(Integer)
    character_count: Mapped[int | None] = mapped_column(Integer)
    details: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    vector: Mapped[bytes | None] = mapped_column(LargeBinary, deferred=True)
    vector_model: Mapped[str | None] = mapped_column(String(80))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock_now())
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime, default=clock_now())
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    stages: Mapped[list[StageRecord]] = relationship(lazy="raise", order_by=StageRecord.position)
    topics: Mapped[list[DocumentTopic]] = relationship(lazy="raise")
