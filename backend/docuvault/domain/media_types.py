"""Media types that the vault knows by name, with their usual extensions and families."""

from enum import StrEnum

PDF = "application/pdf"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
PPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
ODT = "application/vnd.oasis.opendocument.text"
EPUB = "application/epub+zip"
RTF = "application/rtf"
TEXT = "text/plain"
MARKDOWN = "text/markdown"
HTML = "text/html"
CSV = "text/csv"
EML = "message/rfc822"
MSG = "application/vnd.ms-outlook"
ZIP = "application/zip"
OLE = "application/x-ole-storage"
ENCRYPTED_OFFICE = "application/x-encrypted-office"
PNG = "image/png"
JPEG = "image/jpeg"
TIFF = "image/tiff"
GIF = "image/gif"
WEBP = "image/webp"
BMP = "image/bmp"
SVG = "image/svg+xml"
EXECUTABLE = "application/x-executable"
OCTET_STREAM = "application/octet-stream"


class Family(StrEnum):
    """What people call a file; the `type` filter of lists and searches."""

    PDF = "pdf"
    TEXT = "text"
    OFFICE = "office"
    EMAIL = "email"
    IMAGE = "image"
    OTHER = "other"


_EXTENSIONS: dict[str, str] = {
    ".pdf": PDF,
    ".docx": DOCX,
    ".xlsx": XLSX,
    ".pptx": PPTX,
    ".odt": ODT,
    ".epub": EPUB,
    ".rtf": RTF,
    ".txt": TEXT,
    ".text": TEXT,
    ".log": TEXT,
    ".md": MARKDOWN,
    ".markdown": MARKDOWN,
    ".html": HTML,
    ".htm": HTML,
    ".csv": CSV,
    ".tsv": CSV,
    ".eml": EML,
    ".msg": MSG,
    ".zip": ZIP,
    ".png": PNG,
    ".jpg": JPEG,
    ".jpeg": JPEG,
    ".tif": TIFF,
    ".tiff": TIFF,
    ".gif": GIF,
    ".webp": WEBP,
    ".bmp": BMP,
    ".svg": SVG,
}

_FAMILIES: dict[str, Family] = {
    PDF: Family.PDF,
    TEXT: Family.TEXT,
    MARKDOWN: Family.TEXT,
    HTML: Family.TEXT,
    CSV: Family.TEXT,
    RTF: Family.TEXT,
    EML: Family.EMAIL,
    MSG: Family.EMAIL,
    DOCX: Family.OFFICE,
    XLSX: Family.OFFICE,
    PPTX: Family.OFFICE,
    ODT: Family.OFFICE,
    EPUB: Family.OFFICE,
}

# Types whose text the extractors read.
READABLE_TYPES = frozenset({PDF, DOCX, TEXT, MARKDOWN, HTML, CSV, EML})

# Types a browser may show in place without running anything that the file brings along.
INLINE_TYPES = frozenset({PNG, JPEG, WEBP, GIF, TEXT})


def from_extension(extension: str) -> str | None:
    """The media type that an extension such as `.pdf` promises, or None."""
    return _EXTENSIONS.get(extension.lower())


def extension_of(media_type: str) -> str:
    """The usual extension of a media type, with its dot; empty when there is none."""
    return next((ext for ext, known in _EXTENSIONS.items() if known == media_type), "")


def family_of(media_type: str) -> Family:
    """The family that people would file this media type under."""
    if media_type.startswith("image/"):
        return Family.IMAGE
    return _FAMILIES.get(media_type, Family.OTHER)


def members(family: Family) -> frozenset[str]:
    """All known media types of a family; `other` has unknown ones besides."""
    return frozenset(kind for kind in set(_EXTENSIONS.values()) if family_of(kind) is family)
