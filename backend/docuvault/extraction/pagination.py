"""Cutting the text of formats without pages into pieces that hits and previews can point at."""

from collections.abc import Mapping, Sequence

from docuvault.extraction.base import ExtractedDocument, ExtractedPage, Limits
from docuvault.extraction.cleaning import clean, clean_metadata

SHORTEST_PAGE = 3000
LONGEST_PAGE = 4000
_BOUNDARIES = ("\n\n", "\n", ". ", " ")


def paginate(text: str) -> list[str]:
    """The text in pieces of 3,000 to 4,000 characters, cut at paragraphs where there are any.

    Nothing but the line breaks around a cut is lost; a short text is one piece.
    """
    pages: list[str] = []
    start = 0
    while len(text) - start > LONGEST_PAGE:
        cut = _cut(text, start + SHORTEST_PAGE, start + LONGEST_PAGE)
        pages.append(text[start:cut].strip("\n"))
        start = cut
    last = text[start:].strip("\n")
    if last or not pages:
        pages.append(last)
    return pages


def document_of(
    text: str,
    limits: Limits,
    *,
    metadata: Mapping[str, str | None] | None = None,
    warnings: Sequence[str] = (),
) -> ExtractedDocument:
    """A document made of one long text, within the limits."""
    notes = list(warnings)
    text = clean(text)
    if len(text) > limits.max_characters:
        text = text[: limits.max_characters]
        notes.append("truncated")
    pages = paginate(text)
    if len(pages) > limits.max_pages:
        notes.append("page_limit")
    return ExtractedDocument(
        pages=tuple(
            ExtractedPage(number, page)
            for number, page in enumerate(pages[: limits.max_pages], start=1)
        ),
        page_count=len(pages),
        metadata=clean_metadata(metadata or {}),
        warnings=tuple(dict.fromkeys(notes)),
    )


def _cut(text: str, least: int, most: int) -> int:
    for boundary in _BOUNDARIES:
        found = text.rfind(boundary, least, most)
        if found >= 0:
            return found + len(boundary)
    return most
