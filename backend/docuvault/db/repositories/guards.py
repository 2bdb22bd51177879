"""Triggers that guard what no program may change by mistake (migrations 0002 and 0003)."""

from sqlalchemy import text

from docuvault.db.session import AsyncSession

_KEPT = "documents_original_kept"
GUARDS = {
    "sqlite": (
        _KEPT,
        "documents_counted_in",
        "documents_counted_out",
        "documents_counted_again",
    ),
    "postgresql": (_KEPT, "documents_counted", "documents_counted_again"),
}
_PRESENT = {
    "sqlite": text(
        "SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'documents'"
    ),
    "postgresql": text(
        "SELECT tgname FROM pg_trigger WHERE tgrelid = 'documents'::regclass"
        " AND NOT tgisinternal AND tgenabled <> 'D'"
    ),
}


async def present_guards(session: AsyncSession) -> set[str]:
    """Names of the triggers on documents that are in force."""
    dialect = session.get_bind().dialect.name
    return set(await session.scalars(_PRESENT[dialect]))
