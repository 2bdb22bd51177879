"""Modes of enrichment, routing rules, the AI choice, canaries, and the identity of the vault."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from docuvault.db.types import Json, UtcDateTime, UuidType

revision: str = "0003"
down_revision: str | None = "0002"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_PROVISIONAL = sa.text("mode <> 'primary'")

# What a document is does not change; a row that says otherwise would hide damage.
_GUARD = {
    "sqlite": (
        "CREATE TRIGGER documents_original_kept BEFORE UPDATE OF sha256, size_bytes ON documents"
        " WHEN new.sha256 <> old.sha256 OR new.size_bytes <> old.size_bytes"
        " BEGIN SELECT RAISE(ABORT, 'sha256 and size_bytes are written once'); END",
    ),
    "postgresql": (
        "CREATE FUNCTION keep_original() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " RAISE EXCEPTION 'sha256 and size_bytes are written once'; END $$",
        "CREATE TRIGGER documents_original_kept BEFORE UPDATE OF sha256, size_bytes ON documents"
        " FOR EACH ROW WHEN (new.sha256 <> old.sha256 OR new.size_bytes <> old.size_bytes)"
        " EXECUTE FUNCTION keep_original()",
    ),
}
_NO_GUARD = {
    "sqlite": ("DROP TRIGGER documents_original_kept",),
    "postgresql": (
        "DROP TRIGGER documents_original_kept ON documents",
        "DROP FUNCTION keep_original",
    ),
}


def upgrade() -> None:
    """Apply."""
    op.add_column(
        "stage_records", sa.Column("mode", sa.String(16), nullable=False, server_default="primary")
    )
    op.add_column(
        "stage_records", sa.Column("completions", sa.Integer(), nullable=False, server_default="0")
    )
    op.create_index(
        "ix_stage_records_provisional",
        "stage_records",
        ["mode", "state", "next_run_at"],
        postgresql_where=_PROVISIONAL,
        sqlite_where=_PROVISIONAL,
    )
    op.create_index("ix_stage_records_finished_at", "stage_records", ["finished_at"])
    op.add_column(
        "documents",
        sa.Column("title_source", sa.String(16), nullable=False, server_default="name"),
    )
    # Nobody knows any more which titles people wrote, so none of them is overwritten.
    op.execute("UPDATE documents SET title_source = 'user'")
    op.add_column(
        "documents",
        sa.Column("needs_review", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
    op.create_index(
        "ix_documents_needs_review",
        "documents",
        ["owner_id", "created_at", "id"],
        postgresql_where=sa.text("needs_review IS true AND deleted_at IS NULL"),
        sqlite_where=sa.text("needs_review IS 1 AND deleted_at IS NULL"),
    )
    op.add_column("documents", sa.Column("reviewed_at", UtcDateTime, nullable=True))
    op.create_table(
        "routing_rules",
        sa.Column("id", UuidType, nullable=False),
        sa.Column("owner_id", UuidType, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(100), nullable=False),
        sa.Column("condition", sa.Text(), nullable=False),
        sa.Column("actions", Json, nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("updated_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_routing_rules")),
        sa.ForeignKeyConstraint(
            ["owner_id"],
            ["users.id"],
            name=op.f("fk_routing_rules_owner_id_users"),
            ondelete="CASCADE",
        ),
    )
    op.create_index("ix_routing_rules_owner_id_position", "routing_rules", ["owner_id", "position"])
    op.create_table(
        "ai_choices",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("provider", sa.String(16), nullable=False),
        sa.Column("model", sa.String(200), nullable=False),
        sa.Column("base_url", sa.String(2000), nullable=False),
        sa.Column("system_prompt", sa.Text(), nullable=False),
        sa.Column("max_characters", sa.Integer(), nullable=False),
        sa.Column("sealed_key", sa.LargeBinary(), nullable=True),
        sa.Column("updated_at", UtcDateTime, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_ai_choices")),
    )
    op.create_table(
        "canaries",
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("sent_at", UtcDateTime, nullable=True),
        sa.Column("seen_at", UtcDateTime, nullable=True),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_canaries")),
    )
    op.create_table(
        "installations",
        sa.Column("id", UuidType, nullable=False),
        sa.Column("created_at", UtcDateTime, nullable=False),
        sa.Column("marked_at", UtcDateTime, nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_installations")),
    )
    for statement in _GUARD[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    """Undo."""
    for statement in _NO_GUARD[op.get_bind().dialect.name]:
        op.execute(statement)
    for table in ("installations", "canaries", "ai_choices", "routing_rules"):
        op.drop_table(table)
    op.drop_column("documents", "reviewed_at")
    op.drop_index("ix_documents_needs_review", "documents")
    op.drop_column("documents", "needs_review")
    op.drop_column("documents", "title_source")
    op.drop_index("ix_stage_records_finished_at", "stage_records")
    op.drop_index("ix_stage_records_provisional", "stage_records")
    op.drop_column("stage_records", "completions")
    op.drop_column("stage_records", "mode")
