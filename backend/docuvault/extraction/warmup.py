"""Small sample files that are read once at start, so that no document pays for first times."""

import zipfile
from collections.abc import Mapping
from pathlib import Path

from docuvault.domain.media_types import CSV, DOCX, EML, HTML, MARKDOWN, PDF, TEXT
from docuvault.extraction.base import Limits
from docuvault.extraction.registry import Registry

_LIMITS = Limits(max_pages=10, max_characters=10_000, max_unpacked_bytes=1_000_000)
# A font that is not embedded makes PDFium look at the fonts of the system.
_PDF_OBJECTS = (
    b"<</Type/Catalog/Pages 2 0 R>>",
    b"<</Type/Pages/Kids[3 0 R]/Count 1>>",
    b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 300 300]/Contents 4 0 R"
    b"/Resources<</Font<</F1 5 0 R/F2 6 0 R>>>>>>",
    b"<</Length 75>>stream\n"
    b"BT /F1 12 Tf 20 200 Td (Warming up) Tj /F2 12 Tf 0 -20 Td (and again) Tj ET"
    b"\nendstream",
    b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    b"<</Type/Font/Subtype/TrueType/BaseFont/Unheard#20Of/Encoding/WinAnsiEncoding>>",
    b"<</Title(Sample)/CreationDate(D:20200101000000Z)>>",
)
_WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_SAMPLES: Mapping[str, bytes] = {
    TEXT: "Gr\u00fc\u00dfe\n".encode(),
    MARKDOWN: b"# Title\n\n- *one*\n\n|a|b|\n|-|-|\n|1|2|\n",
    CSV: b"a;b\n1;2\n",
    HTML: b"<title>Sample</title><p>One<br>two</p><pre> x</pre>",
    EML: (
        b"Subject: =?utf-8?q?Sample?=\nFrom: A <a@example.org>\n"
        b"Date: Wed, 1 Jan 2020 00:00:00 +0000\nMIME-Version: 1.0\n"
        b"Content-Type: multipart/alternative; boundary=b\n\n--b\n\nText\n--b\n"
        b"Content-Type: text/html\n\n<p>Text\n--b--\n"
    ),
}


def warm_up(registry: Registry, directory: Path) -> None:
    """Read one small file of every kind; the directory is left as it was."""
    for media_type, data in {**_SAMPLES, PDF: _pdf()}.items():
        path = directory / "sample"
        path.write_bytes(data)
        registry.extract(path, media_type, _LIMITS)
        path.unlink()
    path = directory / "sample"
    _write_docx(path)
    registry.extract(path, DOCX, _LIMITS)
    path.unlink()


def _pdf() -> bytes:
    out = bytearray(b"%PDF-1.4\n")
    offsets = []
    for number, body in enumerate(_PDF_OBJECTS, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(offsets) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer<</Root 1 0 R/Info 7 0 R/Size %d>>\n" % (len(offsets) + 1)
    out += b"startxref\n%d\n%%%%EOF\n" % start
    return bytes(out)


def _write_docx(path: Path) -> None:
    body = f'<w:document xmlns:w="{_WORD}"><w:body><w:p><w:r><w:t>x</w:t></w:r></w:p></w:body>'
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("word/document.xml", f"{body}</w:document>")
