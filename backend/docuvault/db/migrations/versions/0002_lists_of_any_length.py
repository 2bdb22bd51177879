"""Lists of any length: indexes of live documents, folded names, a count kept with the rows."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

from docuvault.domain.text import fold

revision: str = "0002"
down_revision: str | None = "0001"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

_BATCH = 1000
_LIVE = sa.text("deleted_at IS NULL")
_ORDERS = {"created_at": "ix_documents_created_at_live", "title_folded": "ix_documents_title_live"}

_documents = sa.table(
    "documents",
    sa.column("id", sa.Uuid()),
    sa.column("original_name", sa.String()),
    sa.column("name_folded", sa.String()),
)

# The database counts, so that the count is right whoever writes: +1 for a live document that comes,
# -1 for one that is hidden or removed.
_COUNTING = {
    "sqlite": (
        "CREATE TRIGGER documents_counted_in AFTER INSERT ON documents"
        " WHEN new.deleted_at IS NULL BEGIN UPDATE users"
        " SET document_count = document_count + 1 WHERE id = new.owner_id; END",
        "CREATE TRIGGER documents_counted_out AFTER DELETE ON documents"
        " WHEN old.deleted_at IS NULL BEGIN UPDATE users"
        " SET document_count = document_count - 1 WHERE id = old.owner_id; END",
        "CREATE TRIGGER documents_counted_again AFTER UPDATE OF deleted_at ON documents"
        " WHEN (old.deleted_at IS NULL) <> (new.deleted_at IS NULL) BEGIN UPDATE users"
        " SET document_count = document_count + iif(new.deleted_at IS NULL, 1, -1)"
        " WHERE id = new.owner_id; END",
    ),
    "postgresql": (
        "CREATE FUNCTION count_documents() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " IF TG_OP <> 'INSERT' AND old.deleted_at IS NULL THEN UPDATE users"
        " SET document_count = document_count - 1 WHERE id = old.owner_id; END IF;"
        " IF TG_OP <> 'DELETE' AND new.deleted_at IS NULL THEN UPDATE users"
        " SET document_count = document_count + 1 WHERE id = new.owner_id; END IF;"
        " RETURN NULL; END $$",
        "CREATE TRIGGER documents_counted AFTER INSERT OR DELETE ON documents"
        " FOR EACH ROW EXECUTE FUNCTION count_documents()",
        "CREATE TRIGGER documents_counted_again AFTER UPDATE OF deleted_at ON documents"
        " FOR EACH ROW WHEN ((old.deleted_at IS NULL) <> (new.deleted_at IS NULL))"
        " EXECUTE FUNCTION count_documents()",
    ),
}
_NOT_COUNTING = {
    "sqlite": (
        "DROP TRIGGER documents_counted_again",
        "DROP TRIGGER documents_counted_out",
        "DROP TRIGGER documents_counted_in",
    ),
    "postgresql": (
        "DROP TRIGGER documents_counted_again ON documents",
        "DROP TRIGGER documents_counted ON documents",
        "DROP FUNCTION count_documents",
    ),
}


def upgrade() -> None:
    """Apply."""
    for order, name in _ORDERS.items():
        op.drop_index(f"ix_documents_owner_id_{order}_id", "documents")
        op.create_index(
            name,
            "documents",
            ["owner_id", order, "id", "deleted_at"],
            postgresql_where=_LIVE,
            sqlite_where=_LIVE,
        )
    op.add_column(
        "documents", sa.Column("name_folded", sa.String(255), nullable=False, server_default="")
    )
    _fold_names()
    op.add_column(
        "users", sa.Column("document_count", sa.BigInteger(), nullable=False, server_default="0")
    )
    op.execute(
        "UPDATE users SET document_count = (SELECT count(*) FROM documents"
        " WHERE owner_id = users.id AND deleted_at IS NULL)"
    )
    for statement in _COUNTING[op.get_bind().dialect.name]:
        op.execute(statement)


def downgrade() -> None:
    """Undo."""
    for statement in _NOT_COUNTING[op.get_bind().dialect.name]:
        op.execute(statement)
    op.drop_column("users", "document_count")
    op.drop_column("documents", "name_folded")
    for order, name in _ORDERS.items():
        op.drop_index(name, "documents")
        op.create_index(f"ix_documents_owner_id_{order}_id", "documents", ["owner_id", order, "id"])


def _fold_names() -> None:
    """Folding is ours, not the database's, so the names come here and go back, some at a time."""
    connection = op.get_bind()
    write = (
        sa.update(_documents)
        .where(_documents.c.id == sa.bindparam("document_id"))
        .values(name_folded=sa.bindparam("folded"))
    )
    read = sa.select(_documents.c.id, _documents.c.original_name).order_by(_documents.c.id)
    rows = connection.execute(read.limit(_BATCH)).all()
    while rows:
        connection.execute(
            write,
            [{"document_id": row.id, "folded": fold(row.original_name)[:255]} for row in rows],
        )
        rows = connection.execute(read.where(_documents.c.id > rows[-1].id).limit(_BATCH)).all()
