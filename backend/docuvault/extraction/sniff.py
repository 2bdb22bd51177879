"""Telling a file's media type from its first bytes and its name; clients are never believed."""

import posixpath
import struct
from pathlib import Path

import filetype

from docuvault.domain.media_types import (
    BMP,
    CSV,
    DOCX,
    EML,
    EPUB,
    EXECUTABLE,
    GIF,
    HTML,
    JPEG,
    MARKDOWN,
    MSG,
    OCTET_STREAM,
    ODT,
    PDF,
    PNG,
    PPTX,
    RTF,
    TEXT,
    TIFF,
    WEBP,
    XLSX,
    ZIP,
    from_extension,
)
from docuvault.extraction.containers import (
    OLE_MAGIC,
    ZIP_MAGIC,
    ole_file_type,
    ole_type,
    zip_file_type,
    zip_type,
)
from docuvault.extraction.text_types import as_text, text_type

HEAD_BYTES = 8 * 1024

_PDF_WITHIN = 1024
_IMAGES = frozenset({PNG, JPEG, TIFF, GIF, WEBP, BMP})
# Documents that are never plain text: such a name over plain text means a damaged document.
_BINARY_DOCUMENTS = frozenset({PDF, DOCX, XLSX, PPTX, ODT, EPUB, MSG})
_SHORTEST_DOCUMENT = 4
_MACH_O = (b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe")
_FAT_MACH_O = b"\xca\xfe\xba\xbe"
_TEXTUAL = frozenset({TEXT, MARKDOWN, CSV, HTML, EML})


def sniff(head: bytes, filename: str) -> str:
    """The canonical media type of a file.

    `head`: its first 8 KiB or more (all of a shorter file). `filename`: as the user named it; it
    only decides between types that look alike. Plain text named as a binary document counts as that
    document, which then turns out to be damaged.
    """
    extension = _extension(filename)
    if _is_executable(head):
        return EXECUTABLE
    if b"%PDF-" in head[:_PDF_WITHIN]:
        return PDF
    if head.startswith(ZIP_MAGIC):
        return zip_type(head, extension)
    if head.startswith(OLE_MAGIC):
        return ole_type(head, extension)
    if head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{\\rtf"):
        return RTF
    image = _image_type(head)
    if image is not None:
        return image
    text = as_text(head)
    return _named_text(text, head, extension) if text is not None else OCTET_STREAM


def sniff_file(path: Path, filename: str) -> str:
    """As `sniff`, but a container is judged by its directory where that can be read."""
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
    found = sniff(head, filename)
    if found in (PDF, EXECUTABLE):
        return found
    if head.startswith(ZIP_MAGIC):
        return zip_file_type(path, _extension(filename)) or found
    if head.startswith(OLE_MAGIC):
        return ole_file_type(path) or found
    return found


def conflicts(media_type: str, filename: str) -> bool:
    """Whether content and name disagree so badly that the upload must be refused.

    True for a program under the name of a document or image, and for HTML under the name of a PDF,
    an Office document or an image; every other disagreement is merely a damaged file.
    """
    promised = from_extension(_extension(filename))
    if promised is None or promised == ZIP:
        return False
    if media_type == EXECUTABLE:
        return True
    return media_type == HTML and promised not in _TEXTUAL


def _extension(filename: str) -> str:
    return posixpath.splitext(filename.replace("\\", "/").rstrip(". "))[1].lower()


def _named_text(text: str, head: bytes, extension: str) -> str:
    found = text_type(text, extension)
    promised = from_extension(extension)
    if found == TEXT and promised in _BINARY_DOCUMENTS:
        return promised if len(head) >= _SHORTEST_DOCUMENT else OCTET_STREAM
    return found


def _is_executable(head: bytes) -> bool:
    if head.startswith((b"\x7fELF", *_MACH_O)):
        return True
    if head.startswith(_FAT_MACH_O) and len(head) >= 8:
        return True
    if not head.startswith(b"MZ") or len(head) < 64:
        return False
    # Two letters prove nothing; the pointer to the next header or plainly binary content does.
    offset = struct.unpack_from("<L", head, 60)[0]
    return head[offset : offset + 2] in (b"PE", b"NE", b"LE", b"LX") or as_text(head) is None


def _image_type(head: bytes) -> str | None:
    kind = filetype.image_match(head)
    found: str | None = kind.mime if kind is not None else None
    if found not in _IMAGES:
        return None
    if found == BMP and (len(head) < 26 or head[6:10] != b"\0\0\0\0"):
        return None
    return found
