"""Writing the audit log, inside the transaction of the act itself."""

from typing import Any, cast
from uuid import UUID

from sqlalchemy import Table, insert

from docuvault.db.models import AuditEntry
from docuvault.db.session import AsyncSession

_ADD = insert(cast(Table, AuditEntry.__table__))


async def record(
    session: AsyncSession, owner_id: UUID, action: str, subject_id: UUID | None, **details: Any
) -> None:
    """Add one entry, such as `document.uploaded`; details hold no text of a document."""
    await session.execute(
        _ADD,
        {
            "owner_id": owner_id,
            "action": action,
            "subject_id": subject_id,
            "details": details,
        },
    )
