"""Reading plain text, Markdown and CSV."""

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from docuvault.domain.media_types import CSV, MARKDOWN, TEXT
from docuvault.extraction.base import ExtractedDocument, Limits
from docuvault.extraction.decoding import read_text
from docuvault.extraction.html import html_text
from docuvault.extraction.pagination import document_of

_MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])
# Markdown of this length is a data dump; taking it apart would only cost time.
_LONGEST_MARKDOWN = 2_000_000
_LINE_ENDS = re.compile(r"[ \t]+\n")
_DELIMITERS = (",", ";", "\t", "|")
_SAMPLE_CHARACTERS = 64 * 1024
_SAMPLE_ROWS = 50
_LONGEST_CELL = 2**31 - 1


class TextExtractor:
    """Text as it is, Markdown without its marks, CSV as lines with tabs."""

    media_types = frozenset({TEXT, MARKDOWN, CSV})

    def score(self, media_type: str) -> int:
        """Bids for its three types, and low for any other kind of text."""
        if media_type in self.media_types:
            return 10
        return 1 if media_type.startswith("text/") else 0

    def extract(self, path: Path, media_type: str, limits: Limits) -> ExtractedDocument:
        """The text in the file's own order."""
        text, more = read_text(path, limits.max_characters)
        metadata: dict[str, str | None] = {}
        if media_type == MARKDOWN and len(text) <= _LONGEST_MARKDOWN:
            text, metadata["title"] = markdown_text(text)
        elif media_type == CSV:
            text = csv_text(text)
        return document_of(text, limits, metadata=metadata, warnings=["truncated"] if more else [])


def csv_text(text: str) -> str:
    """One line per row with its cells parted by tabs, whatever the delimiter was."""
    csv.field_size_limit(_LONGEST_CELL)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text))
    return "\n".join("\t".join(row).rstrip("\t") for row in rows)


def markdown_text(source: str) -> tuple[str, str]:
    """The text without Markdown's marks, and its first heading (empty when there is none)."""
    tokens = _MARKDOWN.parse(source)
    lines: list[str] = []
    title = ""
    for position, token in enumerate(tokens):
        if token.type == "inline":
            text = "".join(_inline(token.children or ()))
            if not title and tokens[position - 1].type == "heading_open":
                title = text
            lines.append(text)
        elif token.type in ("fence", "code_block"):
            lines.append(token.content.rstrip("\n"))
        elif token.type == "html_block":
            lines.append(html_text(token.content))
        lines.append(_after(token))
    return _LINE_ENDS.sub("\n", "".join(lines)).strip("\n"), title


def _delimiter(text: str) -> str:
    """The delimiter that gives most rows of a sample the same number of cells, more than one."""
    csv.field_size_limit(_LONGEST_CELL)
    sample = text[:_SAMPLE_CHARACTERS]
    best, best_score = ",", 0.0
    for delimiter in _DELIMITERS:
        rows = csv.reader(io.StringIO(sample, newline=""), delimiter=delimiter)
        widths = [len(row) for row, _ in zip(rows, range(_SAMPLE_ROWS), strict=False) if row]
        if not widths:
            continue
        usual = max(set(widths), key=widths.count)
        score = widths.count(usual) / len(widths) if usual > 1 else 0.0
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _inline(tokens: tuple[Token, ...] | list[Token]) -> Iterator[str]:
    hidden = 0
    for token in tokens:
        if token.type == "html_inline":
            tag = token.content.lower()
            hidden += tag.startswith(("<script", "<style"))
            hidden -= bool(hidden) and tag.startswith(("</script", "</style"))
        elif hidden:
            continue
        elif token.type in ("softbreak", "hardbreak"):
            yield "\n"
        elif token.type == "image":
            yield from _inline(token.children or ())
        else:
            yield token.content


def _after(token: Token) -> str:
    """What parts this block from the next one."""
    if token.type in ("th_close", "td_close"):
        return "\t"
    if token.type == "tr_close":
        return "\n"
    if token.type == "paragraph_close":
        return "\n" if token.hidden else "\n\n"
    if token.type in ("heading_close", "fence", "code_block", "html_block"):
        return "\n\n"
    return "\n" if token.type in ("table_close", "bullet_list_close", "ordered_list_close") else ""
