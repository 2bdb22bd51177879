"""I3: every document, in any state, is well-formed and somebody's.

An owner's list and downloads take every live row of that owner, so a row that is well-formed and
has an owner is listed and can be downloaded; whether its bytes are right is what I1 looks at.
"""

import re
from collections.abc import Iterator, Sequence
from uuid import UUID

from docuvault.db.repositories.documents import folded_title
from docuvault.db.repositories.integrity import DocumentRow, IntegrityRepository
from docuvault.domain.documents import DocumentStatus
from docuvault.integrity.base import LiveDocumentsCheck, Suspicion
from docuvault.integrity.findings import FindingCode, Invariant

_SHA256 = re.compile(r"[0-9a-f]{64}")
_STATUSES = frozenset(DocumentStatus)


class DocumentsCheck(LiveDocumentsCheck):
    """Rows of live documents."""

    invariant = Invariant.DOCUMENTS
    subjects = "documents"

    async def look(self, keys: Sequence[UUID]) -> list[Suspicion[UUID]]:
        """Rows that lack something, or have no owner."""
        async with self._vault.database.reading() as session:
            rows = await IntegrityRepository(session).documents(keys)
        suspicions = []
        for row in rows:
            if not row.has_owner:
                sentence = f"The owner {row.owner_id} of the document does not exist."
                suspicions.append(_suspicion(row, FindingCode.OWNER_MISSING, sentence))
            faults = list(_faults(row))
            if faults:
                sentence = f"The row of the document is not well-formed: {'; '.join(faults)}."
                suspicions.append(_suspicion(row, FindingCode.DOCUMENT_MALFORMED, sentence))
        return suspicions


def _faults(row: DocumentRow) -> Iterator[str]:
    if row.status not in _STATUSES:
        yield "its status is none that exists"
    if not row.title or not row.original_name or not row.media_type:
        yield "title, file name or media type is empty"
    if row.title_folded != folded_title(row.title):
        yield "the title by which it is sorted is not its title"
    if row.name_folded != folded_title(row.original_name):
        yield "the file name by which it is found is not its file name"
    if row.size_bytes <= 0:
        yield "its size is not positive"
    if not _SHA256.fullmatch(row.sha256):
        yield "its SHA-256 is none"
    if not row.object_key.startswith(f"{row.owner_id}/"):
        yield "its object key is not its owner's"


def _suspicion(row: DocumentRow, code: FindingCode, sentence: str) -> Suspicion[UUID]:
    return Suspicion(row.id, code, f"document {row.id}", sentence)
