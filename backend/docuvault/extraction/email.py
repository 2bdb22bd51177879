"""Reading mail: who wrote what to whom, the readable body, the names of attachments."""

import email
import email.errors
import email.header
import email.policy
import email.utils
import posixpath
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

from docuvault.domain.errors import ErrorCode, ProcessingFailed
from docuvault.domain.media_types import EML
from docuvault.extraction.base import ExtractedDocument, Limits
from docuvault.extraction.decoding import decode
from docuvault.extraction.html import declared_charset, html_text
from docuvault.extraction.pagination import document_of

MAX_DEPTH = 20
MAX_PARTS = 1000
MAX_ATTACHMENTS = 200
_HEADERS = ("Subject", "From", "To", "Cc", "Date")
# The parser of the standard library takes quadratic time on headers far longer than any real one.
_LONGEST_HEADER = 8 * 1024
_SEALED = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime", "multipart/encrypted"})


class EmailExtractor:
    """Text of RFC 822 messages; broken ones as far as they go."""

    media_types = frozenset({EML})

    def score(self, media_type: str) -> int:
        """Bids for mail only."""
        return 10 if media_type in self.media_types else 0

    def extract(self, path: Path, media_type: str, limits: Limits) -> ExtractedDocument:
        """Headers, body and attachment names; `nesting_limit` when parts nest too deeply."""
        most = limits.max_unpacked_bytes
        with path.open("rb") as file:
            data = file.read(most + 1)
        try:
            message = email.message_from_bytes(data[:most], policy=email.policy.default)
            reader = _Reader(limits.max_characters)
            reader.message(message, 0)
        except RecursionError as error:
            raise ProcessingFailed(ErrorCode.NESTING_LIMIT) from error
        if len(data) > most:
            reader.warn("truncated")
        return document_of(
            "\n".join(reader.lines),
            limits,
            metadata=_metadata(message),
            warnings=reader.warnings,
        )


class _Reader:
    """Collects the lines of a message and of those inside it."""

    def __init__(self, max_characters: int) -> None:
        self.lines: list[str] = []
        self.warnings: list[str] = []
        self._left = max_characters
        self._parts = 0

    def warn(self, word: str) -> None:
        if word not in self.warnings:
            self.warnings.append(word)

    def message(self, message: EmailMessage, depth: int) -> None:
        for name in _HEADERS:
            value = header(message, name)
            if value:
                self.lines.append(f"{name}: {value}")
        self.lines.append("")
        attachments: list[str] = []
        self._part(message, depth, attachments)
        if attachments:
            self.lines += ["", f"Attachments: {', '.join(attachments)}"]

    def _part(self, part: EmailMessage, depth: int, attachments: list[str]) -> None:
        self._parts += 1
        if depth > MAX_DEPTH:
            raise ProcessingFailed(ErrorCode.NESTING_LIMIT)
        if self._parts > MAX_PARTS:
            self.warn("truncated")
            return
        kind = part.get_content_type()
        name = _file_name(part)
        if kind in _SEALED:
            self.warn("encrypted_part")
        if kind == "message/rfc822" and part.is_multipart():
            for inner in _children(part):
                self.lines.append("")
                self.message(inner, depth + 1)
        elif part.is_multipart():
            for child in _chosen(part, kind):
                self._part(child, depth + 1, attachments)
        elif name or part.get_content_disposition() == "attachment":
            self._attach(name or "unnamed", attachments)
        elif kind.startswith(("text/", "multipart/")) or (
            kind == "application/octet-stream" and depth == 0
        ):
            self._body(part, kind)

    def _attach(self, name: str, attachments: list[str]) -> None:
        if len(attachments) < MAX_ATTACHMENTS:
            attachments.append(name)
        else:
            self.warn("truncated")

    def _body(self, part: EmailMessage, kind: str) -> None:
        if self._left <= 0:
            self.warn("truncated")
            return
        text = _decoded(part, kind)
        self._left -= len(text)
        if text.strip():
            self.lines.append(text.rstrip())


def header(message: EmailMessage, name: str) -> str:
    """A header as one decoded line; empty when absent, raw when it cannot be decoded."""
    raw = next(
        (str(value) for key, value in message.raw_items() if key.lower() == name.lower()), ""
    )
    if len(raw) <= _LONGEST_HEADER:
        try:
            return " ".join(str(message.get(name, "")).split())
        except Exception:  # noqa: S110 - the parser fails in many ways; the raw form is left
            pass
    raw = raw[:_LONGEST_HEADER]
    try:
        pieces = email.header.decode_header(raw)
    except (email.errors.HeaderParseError, ValueError):
        pieces = [(raw, None)]
    text = "".join(
        decode(piece, charset) if isinstance(piece, bytes) else piece for piece, charset in pieces
    )
    return " ".join(text.split())


def _metadata(message: EmailMessage) -> dict[str, str | None]:
    metadata: dict[str, str | None] = {
        "title": header(message, "Subject"),
        "subject": header(message, "Subject"),
        "author": header(message, "From"),
        "to": header(message, "To"),
        "date": header(message, "Date"),
    }
    try:
        created = email.utils.parsedate_to_datetime(metadata["date"] or "")
    except (ValueError, TypeError, IndexError, OverflowError):
        return metadata
    return metadata | {"created": created.isoformat()}


def _chosen(part: EmailMessage, kind: str) -> Iterator[EmailMessage]:
    """The parts to read: of alternatives the plain one if it says anything, else the richest."""
    children = list(_children(part))
    if kind != "multipart/alternative" or not children:
        yield from children
        return
    plain = next(
        (
            child
            for child in children
            if child.get_content_type() == "text/plain" and _decoded(child, "text/plain").strip()
        ),
        None,
    )
    yield plain if plain is not None else children[-1]


def _children(part: EmailMessage) -> Iterator[EmailMessage]:
    payload = part.get_payload()
    if isinstance(payload, list):
        yield from (child for child in payload if isinstance(child, EmailMessage))


def _decoded(part: EmailMessage, kind: str) -> str:
    payload = part.get_payload(decode=True)
    data = payload if isinstance(payload, bytes) else b""
    try:
        charset = part.get_content_charset()
    except Exception:  # parameters may be broken in many ways; the bytes still tell
        charset = None
    if kind != "text/html":
        return decode(data, charset)
    return html_text(decode(data, charset or declared_charset(data)))


def _file_name(part: EmailMessage) -> str:
    try:
        name = part.get_filename() or ""
    except Exception:  # as above
        name = ""
    # Only the last component: a path in a name is never meant well.
    return posixpath.basename(" ".join(name.split()).replace("\\", "/"))[:255]
