"""What a child says about a document, on its way through a file that nobody should trust."""

import json
import re
from typing import Any

from docuvault.domain.errors import ErrorCode, ProcessingFailed
from docuvault.domain.text import without_nul
from docuvault.extraction.base import ExtractedDocument, ExtractedPage, Limits
from docuvault.extraction.cleaning import clean_metadata

# Exit statuses of a child: outcome written; input not there; not written, why ever; no room.
DONE, UNREADABLE, BROKEN, NO_SPACE = 0, 66, 70, 74

_REPORTABLE = frozenset(
    {
        ErrorCode.UNSUPPORTED_TYPE,
        ErrorCode.CORRUPT_FILE,
        ErrorCode.ENCRYPTED,
        ErrorCode.EXPANSION_LIMIT,
        ErrorCode.ARCHIVE_BOMB,
        ErrorCode.NESTING_LIMIT,
        ErrorCode.PARSER_MEMORY,
    }
)
_WORD = re.compile(r"[a-z][a-z0-9_]{0,39}")
_MOST_ENTRIES = 50
# A character takes six bytes at the most, as an escaped control character.
_BYTES_PER_CHARACTER = 6
_BYTES_PER_PAGE = 32
_SPARE_BYTES = 1024 * 1024


def most_bytes(limits: Limits) -> int:
    """The largest outcome that an honest child can have within the limits."""
    return (
        limits.max_characters * _BYTES_PER_CHARACTER
        + limits.max_pages * _BYTES_PER_PAGE
        + _SPARE_BYTES
    )


def encode_document(document: ExtractedDocument) -> bytes:
    """A document as JSON in UTF-8."""
    fields = {
        "pages": [(page.number, page.text) for page in document.pages],
        "page_count": document.page_count,
        "metadata": dict(document.metadata),
        "warnings": document.warnings,
    }
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")


def encode_failure(failure: ProcessingFailed) -> bytes:
    """A failure as JSON in UTF-8; only its code leaves the child."""
    return json.dumps({"error": str(failure.code)}).encode()


def decode(data: bytes, limits: Limits) -> ExtractedDocument:
    """The document, or the failure raised as `ProcessingFailed`.

    What does not look like an outcome within the limits is `parser_crashed`.
    """
    try:
        fields = json.loads(data)
        code = fields.get("error")
        failure = ErrorCode(code) if code is not None else None
        document = _document(fields, limits) if failure is None else None
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise ProcessingFailed(ErrorCode.PARSER_CRASHED) from error
    if document is None:
        raise ProcessingFailed(failure if failure in _REPORTABLE else ErrorCode.PARSER_CRASHED)
    return document


def _document(fields: dict[str, Any], limits: Limits) -> ExtractedDocument:
    pages = tuple(ExtractedPage(_count(n), without_nul(text)) for n, text in fields["pages"])
    document = ExtractedDocument(
        pages=pages,
        page_count=_count(fields["page_count"]),
        metadata=clean_metadata(dict(list(fields["metadata"].items())[:_MOST_ENTRIES])),
        warnings=tuple(
            word for word in fields["warnings"][:_MOST_ENTRIES] if _WORD.fullmatch(word)
        ),
    )
    numbers = [page.number for page in pages]
    if (
        len(pages) > limits.max_pages
        or document.character_count > limits.max_characters
        or numbers != sorted(set(numbers))
        or (numbers and numbers[-1] > document.page_count)
    ):
        raise ValueError("outside the limits")
    return document


def _count(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**31:
        raise ValueError("not a count")
    return value
