"""Reading HTML: visible text with line breaks where a browser would break, and the head's facts."""

import re
from collections.abc import Iterator
from enum import Enum, auto
from pathlib import Path

from selectolax.lexbor import LexborHTMLParser, LexborNode

from docuvault.domain.media_types import HTML
from docuvault.extraction.base import ExtractedDocument, Limits
from docuvault.extraction.decoding import decode
from docuvault.extraction.pagination import document_of

_DROPPED = frozenset(
    {"script", "style", "template", "noscript", "title", "iframe", "object", "svg", "-comment"}
)
_PRESERVED = frozenset({"pre", "textarea", "listing", "xmp"})
_PARAGRAPHS = frozenset(
    {"p", "h1", "h2", "h3", "h4", "h5", "h6", "pre", "blockquote", "ul", "ol", "dl", "table", "hr"}
)
_LINES = _PARAGRAPHS | {
    *("address", "article", "aside", "body", "button", "caption", "center", "dd", "details", "div"),
    *("dt", "fieldset", "figcaption", "figure", "footer", "form", "header", "html", "legend", "li"),
    *("main", "nav", "option", "section", "select", "summary", "tr"),
}
_CELLS = frozenset({"td", "th"})
_META = {"author": "author", "description": "description", "keywords": "keywords"}
_SPACES = re.compile(r"[ \t\n\r\f\v]+")
_LINE_ENDS = re.compile(r"[ \t]+\n")
_EMPTY_LINES = re.compile(r"\n{3,}")
_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_.:-]{2,40})", re.I)
_CHARSET_WITHIN = 4096


class _Space(Enum):
    """What happens to white space in a piece of text; breaks are made only as far as needed."""

    FOLDED = auto()
    KEPT = auto()
    BREAK = auto()


class HtmlExtractor:
    """Text of web pages; nothing is run and nothing is fetched."""

    media_types = frozenset({HTML})

    def score(self, media_type: str) -> int:
        """Bids for HTML only."""
        return 10 if media_type in self.media_types else 0

    def extract(self, path: Path, media_type: str, limits: Limits) -> ExtractedDocument:
        """The visible text; `title`, `author`, `description` and `keywords` become metadata."""
        # Markup outweighs text, so more bytes are read than characters will be kept.
        most = limits.max_characters * 4
        with path.open("rb") as file:
            data = file.read(most + 1)
        parser = LexborHTMLParser(decode(data[:most], declared_charset(data)))
        return document_of(
            _text(parser),
            limits,
            metadata=_metadata(parser),
            warnings=["truncated"] if len(data) > most else [],
        )


def declared_charset(data: bytes) -> str | None:
    """The charset that a `meta` element near the beginning names, or None."""
    match = _CHARSET.search(data[:_CHARSET_WITHIN])
    return match.group(1).decode("ascii") if match else None


def html_text(markup: str) -> str:
    """The visible text of a piece of HTML."""
    return _text(LexborHTMLParser(markup))


def _metadata(parser: LexborHTMLParser) -> dict[str, str | None]:
    title = parser.css_first("title", default=None)
    metadata = {"title": title.text() if title is not None else None}
    for node in parser.css("meta[name]"):
        name = _META.get((node.attributes.get("name") or "").lower())
        if name is not None:
            metadata.setdefault(name, node.attributes.get("content"))
    return metadata


def _text(parser: LexborHTMLParser) -> str:
    if parser.root is None:
        return ""
    text = "".join(_folded(_pieces(parser.root)))
    return _EMPTY_LINES.sub("\n\n", _LINE_ENDS.sub("\n", text)).strip()


def _folded(pieces: Iterator[tuple[str, _Space]]) -> Iterator[str]:
    """Pieces with white space folded as browsers fold it, and breaks that do not add up."""
    last, breaks = "\n", 2
    for text, space in pieces:
        piece = text
        if space is _Space.BREAK:
            piece = "\n" * (len(text) - breaks)
        elif space is _Space.FOLDED:
            piece = _SPACES.sub(" ", text)
            if last in " \n\t":
                piece = piece.lstrip(" ")
        if piece:
            last = piece[-1]
            kept = len(piece.rstrip("\n"))
            breaks = len(piece) - kept + (0 if kept else breaks)
            yield piece


def _pieces(root: LexborNode) -> Iterator[tuple[str, _Space]]:
    """Text and breaks in document order, without recursion: markup may be nested without end."""
    node: LexborNode | None = root
    preserved = 0
    while node is not None:
        tag = node.tag or ""
        child = None
        if node.is_text_node:
            yield node.text_content or "", _Space.KEPT if preserved else _Space.FOLDED
        elif tag not in _DROPPED:
            yield _break_before(tag)
            child = node.first_child
            if child is None:
                yield _break_after(tag)
            else:
                preserved += tag in _PRESERVED
        if child is not None:
            node = child
            continue
        while node is not None and node.next is None:
            node = node.parent
            if node is not None:
                preserved -= (node.tag or "") in _PRESERVED
                yield _break_after(node.tag or "")
        node = node.next if node is not None else None


def _break_before(tag: str) -> tuple[str, _Space]:
    if tag == "br":
        return "\n", _Space.KEPT
    breaks = 2 if tag in _PARAGRAPHS else 1 if tag in _LINES else 0
    return "\n" * breaks, _Space.BREAK


def _break_after(tag: str) -> tuple[str, _Space]:
    if tag in _CELLS:
        return "\t", _Space.KEPT
    return ("", _Space.KEPT) if tag == "br" else _break_before(tag)
