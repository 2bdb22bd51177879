"""Reading PDF with PDFium: text page by page, metadata, and flags for what it would run."""

import re
from pathlib import Path

import pypdfium2
import pypdfium2.raw as pdfium

from docuvault.domain.errors import ErrorCode, ProcessingFailed
from docuvault.domain.media_types import PDF
from docuvault.extraction.base import ExtractedDocument, ExtractedPage, Limits
from docuvault.extraction.cleaning import clean, clean_metadata

_METADATA = {
    "Title": "title",
    "Author": "author",
    "Subject": "subject",
    "Keywords": "keywords",
    "Creator": "application",
    "CreationDate": "created",
    "ModDate": "modified",
}
_DATE = re.compile(r"D?:?(\d{4})(\d\d)?(\d\d)?(\d\d)?(\d\d)?(\d\d)?(?:(Z)|([+-])(\d\d)'?(\d\d)?)?")
# PDFium puts this where a hyphen at the end of a line divides a word.
_DIVIDED_WORD = "\ufffe"
_ACTIVE = re.compile(rb"/(?:JavaScript|JS|Launch|RichMedia|XFA|SubmitForm|ImportData)\b")
_SCAN_CHUNK = 1024 * 1024
_LONGEST_NAME = 16


class PdfExtractor:
    """Text, metadata and flags of PDF files, also of those with only an owner password."""

    media_types = frozenset({PDF})

    def score(self, media_type: str) -> int:
        """Bids for PDF only."""
        return 10 if media_type in self.media_types else 0

    def extract(self, path: Path, media_type: str, limits: Limits) -> ExtractedDocument:
        """All pages in order; scanned pages come out with empty text."""
        with _open(path) as document:
            page_count = len(document)
            warnings = _flags(document, path)
            pages: list[ExtractedPage] = []
            left = limits.max_characters
            for index in range(min(page_count, limits.max_pages)):
                text = _page_text(document, index)
                if text is None:
                    warnings.append("unreadable_pages")
                    text = ""
                if len(text) > left:
                    warnings.append("truncated")
                    pages.append(ExtractedPage(index + 1, text[:left]))
                    break
                left -= len(text)
                pages.append(ExtractedPage(index + 1, text))
            if page_count > limits.max_pages:
                warnings.append("page_limit")
            metadata = _metadata(document)
        return ExtractedDocument(
            pages=tuple(pages),
            page_count=page_count,
            metadata=metadata,
            warnings=tuple(dict.fromkeys(warnings)),
        )


def iso_date(value: str) -> str:
    """A PDF date such as `D:20040121161201-05'00'` in ISO 8601; empty when it is none."""
    match = _DATE.match(value)
    if match is None:
        return ""
    year, month, day, hour, minute, second, zulu, sign, offset_hours, offset_minutes = (
        match.groups()
    )
    date = "-".join(part for part in (year, month, day) if part)
    if hour is None:
        return date
    time = f"T{hour}:{minute or '00'}:{second or '00'}"
    if zulu:
        return f"{date}{time}Z"
    return f"{date}{time}{sign}{offset_hours}:{offset_minutes or '00'}" if sign else f"{date}{time}"


def _open(path: Path) -> pypdfium2.PdfDocument:
    try:
        return pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        protected = error.err_code in (pdfium.FPDF_ERR_PASSWORD, pdfium.FPDF_ERR_SECURITY)
        code = ErrorCode.ENCRYPTED if protected else ErrorCode.CORRUPT_FILE
        raise ProcessingFailed(code) from error


def _page_text(document: pypdfium2.PdfDocument, index: int) -> str | None:
    try:
        page = document[index]
        text_page = page.get_textpage()
        try:
            text = text_page.get_text_range()
        except RecursionError:
            # The library steps over characters without text one call deep each.
            text = text_page.get_text_bounded()
        text_page.close()
        page.close()
    except pypdfium2.PdfiumError:
        return None
    return clean(text.replace(_DIVIDED_WORD, ""))


def _metadata(document: pypdfium2.PdfDocument) -> dict[str, str]:
    found: dict[str, str | None] = {}
    for key, name in _METADATA.items():
        value = document.get_metadata_value(key)
        found[name] = iso_date(value) if key.endswith("Date") else value
    return clean_metadata(found)


def _flags(document: pypdfium2.PdfDocument, path: Path) -> list[str]:
    flags = []
    if pdfium.FPDFDoc_GetJavaScriptActionCount(document) > 0 or _names_actions(path):
        flags.append("active_content")
    if document.count_attachments() > 0:
        flags.append("has_attachments")
    return flags


def _names_actions(path: Path) -> bool:
    with path.open("rb") as file:
        before = b""
        while chunk := file.read(_SCAN_CHUNK):
            if _ACTIVE.search(before + chunk):
                return True
            before = chunk[-_LONGEST_NAME:]
    return False
