"""Writing the audit log, inside the transaction of the act itself."""

from typing import Any
from uuid import UUID

from docuvault.db.models import AuditEntry
from docuvault.db.session import AsyncSession


def record(
    session: AsyncSession, owner_id: UUID, action: str, subject_id: UUID | None, **details: Any
) -> None:
    """Add one entry, such as `document.uploaded`; details hold no text of a document."""
    session.add(
        AuditEntry(owner_id=owner_id, action=action, subject_id=subject_id, details=details)
    )
