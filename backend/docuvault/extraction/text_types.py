"""Telling kinds of text apart: web pages, drawings, mail, tables, Markdown, or just text."""

import re

from docuvault.domain.media_types import CSV, EML, HTML, MARKDOWN, SVG, TEXT, from_extension
from docuvault.extraction.decoding import decode, wide_encoding

_BYTE_ORDER_MARKS = (b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")
# Controls that occur in text: tab, line feed, form feed, carriage return, escape (ISO 2022).
_CONTROLS = bytes(set(range(32)) - {0, 9, 10, 12, 13, 27}) + b"\x7f"
_PRELUDE = re.compile(r"(?:\s+|<\?xml.*?\?>|<!--.*?-->)+", re.S)
_HTML_START = re.compile(r"<!doctype\s+html|<html[\s>]|<head[\s>]|<body[\s>]", re.I)
_HTML_PIECE = re.compile(r"<(?:title|script|table|div|meta|style|h[1-6]|p|a|br|iframe)[\s/>]", re.I)
_SVG_START = re.compile(r"(?:<!doctype\s+svg.*?>\s*)?<(?:svg|svg:svg)[\s>]", re.I | re.S)
_HEADER = re.compile(r"([!-9;-~]{1,76}):[ \t]?.*")
_MAIL_HEADERS = frozenset(
    {
        "bcc",
        "cc",
        "content-transfer-encoding",
        "content-type",
        "date",
        "delivered-to",
        "from",
        "in-reply-to",
        "message-id",
        "mime-version",
        "received",
        "references",
        "reply-to",
        "return-path",
        "sender",
        "subject",
        "to",
        "x-mailer",
    }
)
_STRONG_MAIL_HEADERS = frozenset({"received", "message-id", "mime-version", "return-path", "date"})
_NAMED = frozenset({TEXT, MARKDOWN, CSV})


def as_text(head: bytes) -> str | None:
    """The beginning of a file as text, or None when it is binary.

    A stray NUL does not make a text binary; other control characters do, and so do many NULs that
    do not fit UTF-16.
    """
    if head.startswith(_BYTE_ORDER_MARKS) or wide_encoding(head) is not None:
        text = decode(head)
        strange = sum(1 for c in text if (c < " " and c not in "\t\n\f\r\x1b") or c == "\ufffd")
        return text if strange <= len(text) // 50 else None
    nuls = head.count(0)
    controls = len(head) - len(head.translate(None, _CONTROLS))
    if controls > len(head) // 100 or nuls > len(head) // 10:
        return None
    return decode(head)


def text_type(text: str, extension: str) -> str:
    """The media type of text: by what it begins with, else by the extension of its name."""
    promised = from_extension(extension)
    prelude = _PRELUDE.match(text)
    start = text[prelude.end() if prelude else 0 :].lstrip("\ufeff")
    if _SVG_START.match(start):
        return SVG
    if _HTML_START.match(start):
        return HTML
    if promised == HTML:
        return HTML
    known, strong = _mail_headers(text)
    if promised == EML:
        return EML if known else TEXT
    if promised in _NAMED:
        return promised
    if known >= 3 and strong:
        return EML
    return HTML if promised is None and _HTML_PIECE.match(start) else TEXT


def _mail_headers(text: str) -> tuple[int, int]:
    """How many known mail headers the text begins with, and how many of them only mail has."""
    names: set[str] = set()
    for number, line in enumerate(text.lstrip("\r\n").splitlines()):
        if number == 0 and line.startswith("From "):
            continue
        if line[:1] in (" ", "\t") and names:
            continue
        match = _HEADER.fullmatch(line)
        if match is None:
            break
        names.add(match.group(1).lower())
    return len(names & _MAIL_HEADERS), len(names & _STRONG_MAIL_HEADERS)
