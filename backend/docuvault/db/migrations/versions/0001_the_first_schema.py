"""The first schema."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from docuvault.db.types import BigKey, Json, UtcDateTime

revision: str = "0001"
down_revision: str | None = None
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# The application's role may read and write rows of every table, also of later ones, and nothing
# more. Where that role does not exist (one role for all), there is nothing to grant.
APP_PRIVILEGES = """
DO $$ BEGIN
IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'docuvault_app') THEN
  GRANT USAGE ON SCHEMA public TO docuvault_app;
  GRANT SELECT ON ALL TABLES IN SCHEMA public TO docuvault_app;
  ALTER DEFAULT PRIVILEGES IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO docuvault_app;
  ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO docuvault_app;
END IF;
END $$
"""

# The full-text index follows the pages: removing a page removes its entry.
FULL_TEXT = {
    "sqlite": (
        "CREATE VIRTUAL TABLE page_search USING fts5("
        "terms, content='', contentless_delete=1, tokenize='unicode61 remove_diacritics 2')",
        "CREATE TRIGGER pages_leave_page_search AFTER DELETE ON pages"
        " BEGIN DELETE FROM page_search WHERE rowid = old.id; END",
    ),
    "postgresql": (
        "CREATE TABLE page_search ("
        "page_id bigint PRIMARY KEY REFERENCES pages (id) ON DELETE CASCADE,"
        " terms tsvector NOT NULL)",
        "CREATE INDEX ix_page_search_terms ON page_search USING gin (terms)",
    ),
}


def upgrade() -> None:
    """Apply."""
    if op.get_bind().dialect.name == "postgresql":
        op.execute(APP_PRIVILEGES)
    op.create_table(
        "counters",
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("last", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name="pk_counters"),
    )
    op.create_table(
        "users",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_users"),
        sa.UniqueConstraint("name", name="uq_users_name"),
    )
    op.create_table(
        "audit_entries",
        sa.Column("id", BigKey, autoincrement=True, nullable=False),
        sa.Column("at", UtcDateTime(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("action", sa.String(length=60), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("details", Json, nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name="fk_audit_entries_owner_id_users", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_audit_entries"),
    )
    op.create_index(
        "ix_audit_entries_owner_id_at", "audit_entries", ["owner_id", "at"], unique=False
    )

    op.create_table(
        "documents",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.String(length=255), nullable=False),
        sa.Column("title_folded", sa.String(length=255), nullable=False),
        sa.Column("original_name", sa.String(length=255), nullable=False),
        sa.Column("media_type", sa.String(length=120), nullable=False),
        sa.Column("size_bytes", sa.BigInteger(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("object_key", sa.String(length=200), nullable=False),
        sa.Column("status", sa.String(length=16), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("page_count", sa.Integer(), nullable=True),
        sa.Column("character_count", sa.Integer(), nullable=True),
        sa.Column("details", Json, nullable=False),
        sa.Column("vector", sa.LargeBinary(), nullable=True),
        sa.Column("vector_model", sa.String(length=80), nullable=True),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.Column("deleted_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name="fk_documents_owner_id_users", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_documents"),
        sa.UniqueConstraint("number", name="uq_documents_number"),
        sa.UniqueConstraint("object_key", name="uq_documents_object_key"),
    )
    op.create_index("ix_documents_deleted_at", "documents", ["deleted_at"], unique=False)
    op.create_index(
        "ix_documents_owner_id_created_at_id",
        "documents",
        ["owner_id", "created_at", "id"],
        unique=False,
    )
    op.create_index(
        "ix_documents_owner_id_title_folded_id",
        "documents",
        ["owner_id", "title_folded", "id"],
        unique=False,
    )
    op.create_index(
        "uq_documents_owner_id_sha256_live",
        "documents",
        ["owner_id", "sha256"],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL"),
        sqlite_where=sa.text("deleted_at IS NULL"),
    )

    op.create_table(
        "topics",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.BigInteger(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("name_folded", sa.String(length=255), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("color", sa.String(length=7), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name="fk_topics_owner_id_users", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_topics"),
        sa.UniqueConstraint("number", name="uq_topics_number"),
        sa.UniqueConstraint("owner_id", "name_folded", name="uq_topics_owner_id_name_folded"),
    )
    op.create_table(
        "upload_intents",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("owner_id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("object_key", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.Column("updated_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["users.id"], name="fk_upload_intents_owner_id_users", ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("id", name="pk_upload_intents"),
        sa.UniqueConstraint("object_key", name="uq_upload_intents_object_key"),
    )
    op.create_index(
        "ix_upload_intents_state_updated_at",
        "upload_intents",
        ["state", "updated_at"],
        unique=False,
    )

    op.create_table(
        "chunks",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        sa.Column("page", sa.Integer(), nullable=False),
        sa.Column("start", sa.Integer(), nullable=False),
        sa.Column("end", sa.Integer(), nullable=False),
        sa.Column("embedding", sa.LargeBinary(), nullable=True),
        sa.Column("embedding_model", sa.String(length=80), nullable=True),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["documents.id"],
            name="fk_chunks_document_id_documents",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_chunks"),
        sa.UniqueConstraint("document_id", "ordinal", name="uq_chunks_document_id_ordinal"),
    )
    op.create_table(
        "document_topics",
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("topic_id", sa.Uuid(), nullable=False),
        sa.Column("source", sa.String(length=16), nullable=False),
        sa.Column("confidence", sa.Float(), nullable=False),
        sa.Column("evidence", sa.Text(), nullable=False),
        sa.Column("rejected", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["documents.id"],
            name="fk_document_topics_document_id_documents",
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["topic_id"],
            ["topics.id"],
            name="fk_document_topics_topic_id_topics",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("document_id", "topic_id", name="pk_document_topics"),
    )
    op.create_index(
        "ix_document_topics_topic_id_rejected",
        "document_topics",
        ["topic_id", "rejected"],
        unique=False,
    )

    op.create_table(
        "pages",
        sa.Column("id", BigKey, autoincrement=True, nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["documents.id"],
            name="fk_pages_document_id_documents",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name="pk_pages"),
        sa.UniqueConstraint("document_id", "number", name="uq_pages_document_id_number"),
    )
    op.create_table(
        "stage_records",
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("stage", sa.String(length=16), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("generation", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("crashes", sa.Integer(), nullable=False),
        sa.Column("next_run_at", UtcDateTime(), nullable=True),
        sa.Column("lease_token", sa.Uuid(), nullable=True),
        sa.Column("lease_until", UtcDateTime(), nullable=True),
        sa.Column("error_code", sa.String(length=40), nullable=True),
        sa.Column("error_detail", sa.Text(), nullable=True),
        sa.Column("result", Json, nullable=False),
        sa.Column("started_at", UtcDateTime(), nullable=True),
        sa.Column("finished_at", UtcDateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["document_id"],
            ["documents.id"],
            name="fk_stage_records_document_id_documents",
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("document_id", "stage", name="pk_stage_records"),
    )
    op.create_index(
        "ix_stage_records_state_lease_until",
        "stage_records",
        ["state", "lease_until"],
        unique=False,
    )
    op.create_index(
        "ix_stage_records_state_next_run_at",
        "stage_records",
        ["state", "next_run_at"],
        unique=False,
    )

    for statement in FULL_TEXT[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    """Undo."""
    op.execute("DROP TABLE page_search")
    op.drop_index("ix_stage_records_state_next_run_at", "stage_records")
    op.drop_index("ix_stage_records_state_lease_until", "stage_records")

    op.drop_table("stage_records")
    op.drop_table("pages")
    op.drop_index("ix_document_topics_topic_id_rejected", "document_topics")

    op.drop_table("document_topics")
    op.drop_table("chunks")
    op.drop_index("ix_upload_intents_state_updated_at", "upload_intents")

    op.drop_table("upload_intents")
    op.drop_table("topics")
    op.drop_index("uq_documents_owner_id_sha256_live", "documents")
    op.drop_index("ix_documents_owner_id_title_folded_id", "documents")
    op.drop_index("ix_documents_owner_id_created_at_id", "documents")
    op.drop_index("ix_documents_deleted_at", "documents")

    op.drop_table("documents")
    op.drop_index("ix_audit_entries_owner_id_at", "audit_entries")

    op.drop_table("audit_entries")
    op.drop_table("users")
    op.drop_table("counters")
