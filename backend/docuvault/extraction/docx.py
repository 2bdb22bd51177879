"""Reading DOCX: the body in its order, and what stands around it, straight from the XML parts."""

import posixpath
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docuvault.domain.errors import ErrorCode, ProcessingFailed
from docuvault.domain.media_types import DOCX
from docuvault.extraction.archive import Archive
from docuvault.extraction.base import ExtractedDocument, Limits
from docuvault.extraction.docx_body import text_of
from docuvault.extraction.pagination import document_of
from docuvault.extraction.xml_parser import attribute, local_name, parse_xml

_MAIN = "word/document.xml"
_BEFORE_BODY = ("header",)
_AFTER_BODY = ("footnotes", "endnotes", "comments", "footer")
_CORE = {
    "title": "title",
    "creator": "author",
    "subject": "subject",
    "keywords": "keywords",
    "description": "description",
    "created": "created",
    "modified": "modified",
    "language": "language",
}


class DocxExtractor:
    """Text of Word documents: headers, body with tables, notes, comments, footers."""

    media_types = frozenset({DOCX})

    def score(self, media_type: str) -> int:
        """Bids for DOCX only."""
        return 10 if media_type in self.media_types else 0

    def extract(self, path: Path, media_type: str, limits: Limits) -> ExtractedDocument:
        """The text in reading order; pages are cut by length, since the format has none."""
        with Archive(path, limits) as archive:
            main = _main_part(archive)
            body = archive.read(main)
            if body is None:
                raise ProcessingFailed(ErrorCode.CORRUPT_FILE)
            parts = [*_parts(archive, main, _BEFORE_BODY), text_of(parse_xml(body))]
            parts += _parts(archive, main, _AFTER_BODY)
            metadata = _core_properties(archive)
            warnings = _flags(archive)
        # The same header stands on every section; saying it once is enough.
        text = "\n\n".join(dict.fromkeys(part.strip("\n") for part in parts if part.strip()))
        return document_of(text, limits, metadata=metadata, warnings=warnings)


def _main_part(archive: Archive) -> str:
    for kind, target in _relationships(archive, "_rels/.rels", ""):
        if kind == "officeDocument":
            return target
    return _MAIN


def _parts(archive: Archive, main: str, kinds: tuple[str, ...]) -> list[str]:
    folder, name = posixpath.split(main)
    found = list(_relationships(archive, f"{folder}/_rels/{name}.rels", folder))
    texts: list[str] = []
    for wanted in kinds:
        for kind, target in found:
            if kind == wanted and (data := archive.read(target)) is not None:
                texts.append(text_of(parse_xml(data)))
    return texts


def _relationships(archive: Archive, part: str, folder: str) -> Iterator[tuple[str, str]]:
    """Kind and member name of everything inside the file that the part refers to."""
    data = archive.read(part)
    if data is None:
        return
    for element in parse_xml(data):
        # What lies outside the file is never fetched.
        if local_name(element) == "Relationship" and attribute(element, "TargetMode") != "External":
            kind = attribute(element, "Type").rpartition("/")[2]
            target = posixpath.normpath(posixpath.join("/", folder, attribute(element, "Target")))
            yield kind, target.lstrip("/")


def _core_properties(archive: Archive) -> dict[str, str | None]:
    target = next(
        (
            target
            for kind, target in _relationships(archive, "_rels/.rels", "")
            if kind == "core-properties"
        ),
        "docProps/core.xml",
    )
    data = archive.read(target)
    root: Any = parse_xml(data) if data else ()
    return {_CORE[name]: element.text for element in root if (name := local_name(element)) in _CORE}


def _flags(archive: Archive) -> list[str]:
    flags = list(archive.warnings)
    if any(posixpath.basename(name) == "vbaProject.bin" for name in archive.names):
        flags.append("has_macros")
    return flags
