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
    ENDINGS = "I5"
    DERIVED = "I7"
    VECTORS = "I9"
    DELETIONS = "I11"
    TEMPORARY = "I13"
    AUDIT = "I17"
    WRITTEN_ONCE = "I18"
    TOTALS = "I21"


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
    TOPIC_MALFORMED = "topic_malformed"
    STAGE_MISSING = "stage_missing"
    STAGE_UNKNOWN = "stage_unknown"
    STAGE_NEVER_DUE = "stage_never_due"
    STAGE_OVERDUE = "stage_overdue"
    REASON_MISSING = "reason_missing"
    STATUS_DISAGREES = "status_disagrees"
    LEASE_MISSING = "lease_missing"
    LEASE_EXPIRED = "lease_expired"
    STAGE_OVERLONG = "stage_overlong"
    STAGE_PUT_OFF = "stage_put_off"
    ATTEMPTS_EXCEEDED = "attempts_exceeded"
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
    DELETION_OVERDUE = "deletion_overdue"
    REMAINS_LEFT = "remains_left"
    TEMPORARY_LEFT = "temporary_left"
    AUDIT_REVEALING = "audit_revealing"
    GUARD_MISSING = "guard_missing"
    COUNT_DIFFERS = "count_differs"
    STATES_DIFFER = "states_differ"
    NUMBER_BEHIND = "number_behind"
    TOPIC_MISPLACED = "topic_misplaced"


PROMISES: dict[Invariant, str] = {
    Invariant.DATABASE: "The database can be read, and its file is whole.",
    Invariant.ORIGINALS: "Every original is there, byte for byte as it was uploaded.",
    Invariant.OBJECTS: "Every stored object belongs to a document or to an upload under way.",
    Invariant.DOCUMENTS: (
        "Every document and every topic is well-formed, and every document belongs to somebody."
    ),
    Invariant.WORK: (
        "Every document has all its stages, what is due is being done, and each failure has its"
        " reason."
    ),
    Invariant.ENDINGS: "What was begun comes to an end, and nothing begins without end.",
    Invariant.DERIVED: (
        "Pages, characters and chunks are as many as the last reading gave; each page has its"
        " full-text entry, by their ids."
    ),
    Invariant.VECTORS: (
        "Every indexed chunk has its vectors; every vector is of a live document and names its"
        " owner."
    ),
    Invariant.DELETIONS: "What was deleted is removed soon, and nothing of it stays.",
    Invariant.TEMPORARY: "No temporary file is older than an hour, and no folder lacks a process.",
    Invariant.AUDIT: "The audit log holds no secrets and no texts.",
    Invariant.WRITTEN_ONCE: (
        "The database lets nobody change the SHA-256 or the size of an original, and counts"
        " documents itself."
    ),
    Invariant.TOTALS: (
        "What is counted beside the rows is the number of the rows, and no number is given twice."
    ),
}

_UPLOAD_AGAIN = "Upload the same file again, which repairs it, or restore it from a backup."
_IS_A_WORKER_RUNNING = "Is a worker (the embedded server, or worker and beat) running? See its log."
_RESTORE = "Look at the log for its id; if it stays, restore the database from a backup."
_MIGRATE = (
    "Was the database restored without its triggers? Make them as its migrations do, or restore a"
    " backup that has them."
)
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
    FindingCode.TOPIC_MALFORMED: "Rename the topic, which writes both names anew.",
    FindingCode.STAGE_MISSING: _READ_AGAIN,
    FindingCode.STAGE_UNKNOWN: (
        "Was the database used by a newer version? Run that one, or restore a backup."
    ),
    FindingCode.STAGE_NEVER_DUE: _READ_AGAIN,
    FindingCode.STAGE_OVERDUE: _IS_A_WORKER_RUNNING,
    FindingCode.REASON_MISSING: (
        "Retry it where it failed, or ask for its topics again; either runs the stage anew."
    ),
    FindingCode.STATUS_DISAGREES: (
        "Ask for its topics again, or retry it where it failed; either derives the status anew."
    ),
    FindingCode.LEASE_MISSING: _READ_AGAIN,
    FindingCode.LEASE_EXPIRED: _IS_A_WORKER_RUNNING,
    FindingCode.STAGE_OVERLONG: (
        "Stop the worker that holds it (its log names the document); the stage is taken up anew."
    ),
    FindingCode.STAGE_PUT_OFF: (
        "Was the clock of the database wrong? Ask for its topics again, or retry it: either makes"
        " it due at once."
    ),
    FindingCode.ATTEMPTS_EXCEEDED: _READ_AGAIN,
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
        "Searches never show it. The vault removes such vectors by itself, some every"
        " `queue.index_check_seconds`."
    ),
    FindingCode.VECTOR_OUTDATED: _INDEX_AGAIN,
    FindingCode.VECTOR_WRONG_OWNER: _INDEX_AGAIN,
    FindingCode.DELETION_OVERDUE: _IS_A_WORKER_RUNNING,
    FindingCode.REMAINS_LEFT: (
        "Was the database restored in parts? No list shows the rows; delete those of this document"
        " from the table, or restore a whole backup."
    ),
    FindingCode.TEMPORARY_LEFT: "Remove it by hand; the next worker removes abandoned folders too.",
    FindingCode.AUDIT_REVEALING: (
        "Look at the entry, change whatever secret it tells, and report the act as a fault of the"
        " program."
    ),
    FindingCode.GUARD_MISSING: _MIGRATE,
    FindingCode.COUNT_DIFFERS: (
        "Only the total above lists is wrong. Count anew in the database: UPDATE users SET"
        " document_count = (SELECT count(*) FROM documents WHERE owner_id = users.id AND"
        " deleted_at IS NULL)."
    ),
    FindingCode.STATES_DIFFER: (
        "Was the database used by a newer version? Run that one, or restore a backup."
    ),
    FindingCode.NUMBER_BEHIND: (
        "Restore the database from a backup, or raise the counter to the highest number in use;"
        " else the next one is refused."
    ),
    FindingCode.TOPIC_MISPLACED: _RESTORE,
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
