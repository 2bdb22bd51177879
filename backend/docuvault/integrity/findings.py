"""The catalogue of damage: a stable code for each, the invariant it breaks, what to do about it."""

from dataclasses import dataclass
from enum import StrEnum


class Invariant(StrEnum):
    """What must always hold, by the names of the reliability rules; first what all rests on."""

    DATABASE = "DB"
    ORIGINALS = "I1"
    OBJECTS = "I2"
    DOCUMENTS = "I3"
    WORK = "I4"
    DERIVED = "I7"


class FindingCode(StrEnum):
    """Stable names of damage; scripts and tests may rely on them."""

    DATABASE_DAMAGED = "database_damaged"
    ORIGINAL_MISSING = "original_missing"
    ORIGINAL_UNREADABLE = "original_unreadable"
    ORIGINAL_SIZE = "original_size"
    ORIGINAL_CHANGED = "original_changed"
    OBJECT_ORPHANED = "object_orphaned"
    LEFTOVER_OVERDUE = "leftover_overdue"
    OWNER_MISSING = "owner_missing"
    DOCUMENT_MALFORMED = "document_malformed"
    COUNT_DIFFERS = "count_differs"
    STAGE_MISSING = "stage_missing"
    STAGE_UNKNOWN = "stage_unknown"
    STAGE_NEVER_DUE = "stage_never_due"
    STAGE_OVERDUE = "stage_overdue"
    LEASE_MISSING = "lease_missing"
    LEASE_EXPIRED = "lease_expired"
    REASON_MISSING = "reason_missing"
    STATUS_DISAGREES = "status_disagrees"
    DELETION_OVERDUE = "deletion_overdue"
    PAGES_DIFFER = "pages_differ"
    CHARACTERS_DIFFER = "characters_differ"
    CHUNKS_DIFFER = "chunks_differ"
    CHUNK_OUTDATED = "chunk_outdated"
    FULLTEXT_MISSING = "fulltext_missing"
    FULLTEXT_FOREIGN = "fulltext_foreign"
    VECTOR_MISSING = "vector_missing"
    VECTOR_FOREIGN = "vector_foreign"
    VECTOR_OUTDATED = "vector_outdated"
    VECTOR_WRONG_OWNER = "vector_wrong_owner"


PROMISES: dict[Invariant, str] = {
    Invariant.DATABASE: "The database can be read, and its file is whole.",
    Invariant.ORIGINALS: "Every original is there, byte for byte as it was uploaded.",
    Invariant.OBJECTS: "Every stored object belongs to a document or to an upload under way.",
    Invariant.DOCUMENTS: (
        "Every document is well-formed and belongs to somebody, whose documents are counted."
    ),
    Invariant.WORK: (
        "Every document has all its stages, what is due is being done, and each failure has its"
        " reason."
    ),
    Invariant.DERIVED: (
        "Pages, characters and chunks are as many as the last reading gave; each page has its"
        " full-text entry, each chunk its vectors, by their ids."
    ),
}

_UPLOAD_AGAIN = "Upload the same file again, which repairs it, or restore it from a backup."
_IS_A_WORKER_RUNNING = "Is a worker (the embedded server, or worker and beat) running? See its log."
_RESTORE = "Look at the log for its id; if it stays, restore the database from a backup."
_READ_AGAIN = "Download the original, delete the document, upload it again: it is read anew."
_INDEX_AGAIN = (
    "Ask for its topics again (POST /api/documents/{id}/classify), which indexes it anew."
)

REMEDIES: dict[FindingCode, str] = {
    FindingCode.DATABASE_DAMAGED: (
        "Stop the vault, keep a copy of the database as it is, and restore it from a backup."
    ),
    FindingCode.ORIGINAL_MISSING: _UPLOAD_AGAIN,
    FindingCode.ORIGINAL_UNREADABLE: (
        "Look at the disk, the rights or the archive class of this object; if it cannot be read"
        " again, restore it from a backup."
    ),
    FindingCode.ORIGINAL_SIZE: _UPLOAD_AGAIN,
    FindingCode.ORIGINAL_CHANGED: _UPLOAD_AGAIN,
    FindingCode.OBJECT_ORPHANED: (
        "Check that database and object storage belong together; then it may be removed by hand."
    ),
    FindingCode.LEFTOVER_OVERDUE: _IS_A_WORKER_RUNNING,
    FindingCode.OWNER_MISSING: _RESTORE,
    FindingCode.DOCUMENT_MALFORMED: _RESTORE,
    FindingCode.COUNT_DIFFERS: (
        "Only the total above lists is wrong. Count anew in the database: UPDATE users SET"
        " document_count = (SELECT count(*) FROM documents WHERE owner_id = users.id AND"
        " deleted_at IS NULL)."
    ),
    FindingCode.STAGE_MISSING: _READ_AGAIN,
    FindingCode.STAGE_UNKNOWN: (
        "Was the database used by a newer version? Run that one, or restore a backup."
    ),
    FindingCode.STAGE_NEVER_DUE: _READ_AGAIN,
    FindingCode.STAGE_OVERDUE: _IS_A_WORKER_RUNNING,
    FindingCode.LEASE_MISSING: _READ_AGAIN,
    FindingCode.LEASE_EXPIRED: _IS_A_WORKER_RUNNING,
    FindingCode.REASON_MISSING: (
        "Retry it where it failed, or ask for its topics again; either runs the stage anew."
    ),
    FindingCode.STATUS_DISAGREES: (
        "Ask for its topics again, or retry it where it failed; either derives the status anew."
    ),
    FindingCode.DELETION_OVERDUE: _IS_A_WORKER_RUNNING,
    FindingCode.PAGES_DIFFER: _READ_AGAIN,
    FindingCode.CHARACTERS_DIFFER: _READ_AGAIN,
    FindingCode.CHUNKS_DIFFER: _READ_AGAIN,
    FindingCode.CHUNK_OUTDATED: _READ_AGAIN,
    FindingCode.FULLTEXT_MISSING: _READ_AGAIN,
    FindingCode.FULLTEXT_FOREIGN: _RESTORE,
    FindingCode.VECTOR_MISSING: (
        "The vault notices by itself within `queue.index_check_seconds`; else index the document"
        " again (POST /api/documents/{id}/classify)."
    ),
    FindingCode.VECTOR_FOREIGN: (
        "Searches never show it. Stop the vault, remove the vector index (the folder `vectors`, or"
        " the collection) and start it: the index is made again from the rows."
    ),
    FindingCode.VECTOR_OUTDATED: _INDEX_AGAIN,
    FindingCode.VECTOR_WRONG_OWNER: _INDEX_AGAIN,
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One piece of damage: what it is, whom it concerns, and a sentence for people."""

    invariant: Invariant
    code: FindingCode
    subject: str
    sentence: str

    @property
    def remedy(self) -> str:
        """What to do about it."""
        return REMEDIES[self.code]
