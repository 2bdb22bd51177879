"""What is done when stored bytes turn out not to be those that were uploaded."""

from uuid import UUID

import structlog

from docuvault.db.repositories.audit import record
from docuvault.db.repositories.documents import DocumentRepository
from docuvault.db.session import Database
from docuvault.domain.errors import DocuVaultError, ErrorCode
from docuvault.events.base import Event, EventBus

log = structlog.get_logger(__name__)


async def report_damage(
    database: Database, events: EventBus, owner_id: UUID, document_id: UUID
) -> None:
    """Say so in the log and on the document; its hash stays what it was.

    Never raises an error of ours: whoever calls has something worse to tell.
    """
    log.error("document.damaged", document_id=str(document_id), code=ErrorCode.INTEGRITY_FAILED)
    try:
        async with database.writing() as session:
            documents = DocumentRepository(session, owner_id)
            if not await documents.note_integrity(document_id, is_whole=False):
                return
            await record(session, owner_id, "document.damaged", document_id)
    except DocuVaultError as error:
        log.warning("document.damage_not_noted", code=error.code.value)
        return
    await events.publish(Event(owner_id, "document", document_id))
