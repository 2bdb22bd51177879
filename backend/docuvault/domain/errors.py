"""The catalogue of everything that can go wrong, with a stable code and a sentence for people."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class ErrorCode(StrEnum):
    """Stable names of failures; clients and tests may rely on them."""

    # a request that cannot be served as sent
    VALIDATION_FAILED = "validation_failed"
    MALFORMED_REQUEST = "malformed_request"
    BAD_CURSOR = "bad_cursor"
    MALFORMED_MULTIPART = "malformed_multipart"
    TOO_MANY_PARTS = "too_many_parts"
    FILE_REQUIRED = "file_required"
    EMPTY_FILE = "empty_file"
    FILE_TOO_LARGE = "file_too_large"
    BODY_TOO_LARGE = "body_too_large"
    TYPE_MISMATCH = "type_mismatch"
    UNSUPPORTED_ENCODING = "unsupported_encoding"
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type"
    UPLOAD_INTERRUPTED = "upload_interrupted"
    UPLOAD_TIMEOUT = "upload_timeout"
    CSRF_FAILED = "csrf_failed"
    FOREIGN_HOST = "foreign_host"
    NOT_FOUND = "not_found"
    METHOD_NOT_ALLOWED = "method_not_allowed"
    RANGE_NOT_SATISFIABLE = "range_not_satisfiable"
    TOPIC_EXISTS = "topic_exists"
    NOTHING_TO_RETRY = "nothing_to_retry"
    STILL_PROCESSING = "still_processing"
    BAD_CONDITION = "bad_condition"
    INVALID_ENTRY = "invalid_entry"
    URL_NOT_ALLOWED = "url_not_allowed"
    IDEMPOTENCY_CONFLICT = "idempotency_conflict"
    IN_PROGRESS = "in_progress"
    ADMIN_REQUIRED = "admin_required"
    WEBHOOK_REFUSED = "webhook_refused"
    TOO_MANY_REQUESTS = "too_many_requests"
    # something the vault leans on is away
    DB_UNAVAILABLE = "db_unavailable"
    DB_CORRUPT = "db_corrupt"
    STORAGE_UNAVAILABLE = "storage_unavailable"
    STORAGE_OBJECT_MISSING = "storage_object_missing"
    STORAGE_IDENTITY_MISMATCH = "storage_identity_mismatch"
    REDIS_UNAVAILABLE = "redis_unavailable"
    VECTORS_UNAVAILABLE = "vectors_unavailable"
    AI_UNAVAILABLE = "ai_unavailable"
    INSUFFICIENT_STORAGE = "insufficient_storage"
    SERVICE_UNAVAILABLE = "service_unavailable"
    CORRUPT_ENTRY = "corrupt_entry"
    INTERNAL_ERROR = "internal_error"
    # a stored document that cannot be read further
    UNSUPPORTED_TYPE = "unsupported_type"
    CORRUPT_FILE = "corrupt_file"
    ENCRYPTED = "encrypted"
    NO_TEXT = "no_text"
    EXPANSION_LIMIT = "expansion_limit"
    ARCHIVE_BOMB = "archive_bomb"
    NESTING_LIMIT = "nesting_limit"
    PARSER_CRASHED = "parser_crashed"
    PARSER_TIMEOUT = "parser_timeout"
    PARSER_MEMORY = "parser_memory"
    INTEGRITY_FAILED = "integrity_failed"
    AI_INVALID_OUTPUT = "ai_invalid_output"
    WORKER_DIED = "worker_died"
    STAGE_FAILED = "stage_failed"
    # a stage that had nothing to do
    NO_TOPICS = "no_topics"
    NOT_REQUESTED = "not_requested"
    DEFERRED = "deferred"
    # configuration
    CONFIGURATION = "configuration"


SENTENCES: dict[ErrorCode, str] = {
    ErrorCode.VALIDATION_FAILED: "Some values in the request are not acceptable.",
    ErrorCode.MALFORMED_REQUEST: "The request could not be understood.",
    ErrorCode.BAD_CURSOR: "The cursor is none that this list has given out; start from the top.",
    ErrorCode.MALFORMED_MULTIPART: "The upload is not well-formed multipart/form-data.",
    ErrorCode.TOO_MANY_PARTS: "The upload has too many parts; send one file per request.",
    ErrorCode.FILE_REQUIRED: "The upload has no file.",
    ErrorCode.EMPTY_FILE: "The file is empty, so there is nothing to keep.",
    ErrorCode.FILE_TOO_LARGE: "The file is larger than this vault accepts.",
    ErrorCode.BODY_TOO_LARGE: "The request body is too large.",
    ErrorCode.TYPE_MISMATCH: "The file's content is not what its name says it is.",
    ErrorCode.UNSUPPORTED_ENCODING: "Compressed request bodies are not accepted.",
    ErrorCode.UNSUPPORTED_MEDIA_TYPE: "This address does not accept that kind of request body.",
    ErrorCode.UPLOAD_INTERRUPTED: "The upload ended before the whole file had arrived.",
    ErrorCode.UPLOAD_TIMEOUT: "The upload stalled for too long and was given up.",
    ErrorCode.CSRF_FAILED: "Another site's page asked for this change, so it was refused.",
    ErrorCode.FOREIGN_HOST: "This vault does not go by the name in the request.",
    ErrorCode.NOT_FOUND: "There is nothing at this address.",
    ErrorCode.METHOD_NOT_ALLOWED: "This address does not support that method.",
    ErrorCode.RANGE_NOT_SATISFIABLE: "The requested range lies outside the file.",
    ErrorCode.TOPIC_EXISTS: "A topic with this name already exists.",
    ErrorCode.NOTHING_TO_RETRY: "No stage of this document has failed.",
    ErrorCode.STILL_PROCESSING: "The document is still being processed.",
    ErrorCode.BAD_CONDITION: "The condition cannot be understood.",
    ErrorCode.INVALID_ENTRY: "This cannot be remembered as it is.",
    ErrorCode.URL_NOT_ALLOWED: "The vault does not connect to this address.",
    ErrorCode.IDEMPOTENCY_CONFLICT: "This Idempotency-Key was used for another upload.",
    ErrorCode.IN_PROGRESS: "An upload with this Idempotency-Key is still running.",
    ErrorCode.ADMIN_REQUIRED: "This needs the administrator's token.",
    ErrorCode.WEBHOOK_REFUSED: "The webhook does not carry the secret of this vault.",
    ErrorCode.TOO_MANY_REQUESTS: "There were too many requests of this kind; wait a little.",
    ErrorCode.DB_UNAVAILABLE: "The database cannot be reached just now.",
    ErrorCode.DB_CORRUPT: "The database is damaged and cannot be read; restore it from a backup.",
    ErrorCode.STORAGE_UNAVAILABLE: "The object storage cannot be reached just now.",
    ErrorCode.STORAGE_OBJECT_MISSING: "The stored file could not be found in the object storage.",
    ErrorCode.STORAGE_IDENTITY_MISMATCH: (
        "The object storage belongs to another vault, or is empty where it should not be."
    ),
    ErrorCode.REDIS_UNAVAILABLE: "Redis cannot be reached just now.",
    ErrorCode.VECTORS_UNAVAILABLE: "The vector index cannot be reached just now.",
    ErrorCode.AI_UNAVAILABLE: "The AI provider cannot be reached just now.",
    ErrorCode.INSUFFICIENT_STORAGE: "The vault is running out of space and takes no new files.",
    ErrorCode.SERVICE_UNAVAILABLE: "The service is not available just now.",
    ErrorCode.CORRUPT_ENTRY: "Something that was remembered can no longer be read.",
    ErrorCode.INTERNAL_ERROR: "Something went wrong here; the log holds the details.",
    ErrorCode.UNSUPPORTED_TYPE: "DocuVault keeps this file but cannot read text from this type.",
    ErrorCode.CORRUPT_FILE: "The file is damaged and could not be read.",
    ErrorCode.ENCRYPTED: "The file is protected by a password, so its text cannot be read.",
    ErrorCode.NO_TEXT: "The file holds no text that could be read.",
    ErrorCode.EXPANSION_LIMIT: "The file unpacks to far more data than is allowed.",
    ErrorCode.ARCHIVE_BOMB: "The file is built to exhaust whoever unpacks it.",
    ErrorCode.NESTING_LIMIT: "The file is nested too deeply.",
    ErrorCode.PARSER_CRASHED: "Reading the file made the parser crash.",
    ErrorCode.PARSER_TIMEOUT: "Reading the file took too long.",
    ErrorCode.PARSER_MEMORY: "Reading the file needed too much memory.",
    ErrorCode.INTEGRITY_FAILED: "The stored file is no longer the file that was uploaded.",
    ErrorCode.AI_INVALID_OUTPUT: "The AI provider's answer could not be used.",
    ErrorCode.WORKER_DIED: "Processing was cut off more than once, so it was stopped.",
    ErrorCode.STAGE_FAILED: "This step failed unexpectedly; the log holds the details.",
    ErrorCode.NO_TOPICS: "There are no topics to choose from yet.",
    ErrorCode.NOT_REQUESTED: "Automatic topics were switched off for this upload.",
    ErrorCode.DEFERRED: "This waits until the parts that it needs are back.",
    ErrorCode.CONFIGURATION: "The configuration is not usable.",
}


@dataclass(frozen=True, slots=True)
class FieldError:
    """One fault in one field of a request; `field` is a dotted path such as `query.page`.

    `position` is where in a text the fault lies, in Unicode characters from 0.
    """

    field: str
    message: str
    position: int | None = None


class DocuVaultError(Exception):
    """A failure with a stable code and a sentence that may be shown to people.

    `transient` says whether the same call may succeed later without anything being changed.
    """

    transient = False

    def __init__(
        self, code: ErrorCode, detail: str | None = None, *, errors: Sequence[FieldError] = ()
    ) -> None:
        self.code = code
        self.detail = detail or SENTENCES[code]
        self.errors = tuple(errors)
        super().__init__(f"{code}: {self.detail}")


class InvalidInput(DocuVaultError):
    """What was sent cannot be accepted as it is."""


class NotFound(DocuVaultError):
    """Nothing of that name is visible to the caller."""

    def __init__(self, code: ErrorCode = ErrorCode.NOT_FOUND, detail: str | None = None) -> None:
        super().__init__(code, detail)


class Forbidden(DocuVaultError):
    """The caller may not ask for this from where he stands."""


class Conflict(DocuVaultError):
    """What was asked contradicts the present state."""


class PayloadTooLarge(DocuVaultError):
    """More bytes than allowed."""


class UnsupportedContent(DocuVaultError):
    """A body of a kind that policy refuses."""


class DependencyUnavailable(DocuVaultError):
    """A service that the vault leans on does not answer."""

    transient = True


class CorruptValue(DocuVaultError):
    """What was kept cannot be read back; trying again will not help."""


class InsufficientStorage(DocuVaultError):
    """No room is left to keep a promise."""

    transient = True


class ProcessingFailed(DocuVaultError):
    """A stored document cannot be processed further; trying again will not help."""


class ConfigurationError(DocuVaultError):
    """The settings contradict themselves or are not safe."""

    def __init__(self, detail: str) -> None:
        super().__init__(ErrorCode.CONFIGURATION, detail)
