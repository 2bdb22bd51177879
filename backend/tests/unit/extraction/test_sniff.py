"""Media types by content first, by name only where contents look alike."""

import io
import struct
import zipfile
from pathlib import Path

import pytest

from docuvault.domain import media_types as types
from docuvault.extraction.sniff import conflicts, sniff, sniff_file
from tests.unit.extraction import builders

_PE = b"MZ" + bytes(58) + struct.pack("<L", 64) + b"PE\0\0"
_PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + bytes(17)
_MAIL = b"Received: by x\r\nFrom: a@example.org\r\nSubject: s\r\nDate: now\r\n\r\nBody"
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(504)
_DOCX = builders.docx(builders.paragraph("x"))


def _ole_with(name: str) -> bytes:
    return _OLE + name.encode("utf-16-le") + bytes(256)


def _opendocument(kind: str) -> bytes:
    return builders.archive({"mimetype": kind.encode(), "content.xml": b"<x/>"})


@pytest.mark.parametrize(
    ("data", "name", "expected"),
    [
        (builders.pdf(["x"]), "a.pdf", types.PDF),
        (builders.pdf(["x"]), "a.txt", types.PDF),
        (b"<html>" + b" " * 900 + b"%PDF-1.4", "a.pdf", types.PDF),
        (b"plain words under the name of a PDF", "a.pdf", types.PDF),
        (b"plain words", "a.docx", types.DOCX),
        (b"x", "a.pdf", types.OCTET_STREAM),
        (b"\x01", "a.pdf", types.OCTET_STREAM),
        (_DOCX, "a.docx", types.DOCX),
        (_DOCX, "", types.DOCX),
        (_DOCX[:600], "a.zip", types.DOCX),
        (builders.archive({"xl/workbook.xml": b"x"}), "a", types.XLSX),
        (builders.archive({"ppt/slides/1.xml": b"x"}), "a", types.PPTX),
        (builders.archive({"_rels/.rels": b"x", "other": b"x"}), "a.pptx", types.PPTX),
        (builders.archive({"_rels/.rels": b"x", "other": b"x"}), "a", types.ZIP),
        (builders.archive({"letter.txt": b"x"}), "a.docx", types.ZIP),
        (_opendocument(types.ODT), "a", types.ODT),
        (_opendocument(types.EPUB), "a", types.EPUB),
        (_opendocument("application/vnd.oasis.opendocument.graphics"), "a.odt", types.ZIP),
        (_ole_with("EncryptedPackage"), "a", types.ENCRYPTED_OFFICE),
        (_OLE, "a.docx", types.ENCRYPTED_OFFICE),
        (_ole_with("__properties_version1.0"), "a", types.MSG),
        (_OLE, "a.msg", types.MSG),
        (_OLE, "a.doc", types.OLE),
        (b"{\\rtf1\\ansi x}", "a.doc", types.RTF),
        (_PNG, "a.pdf", types.PNG),
        (b"\xff\xd8\xff\xe0" + bytes(20), "a", types.JPEG),
        (b"GIF89a" + bytes(20), "a", types.GIF),
        (b"II*\0" + bytes(40), "a", types.TIFF),
        (b"RIFF\x10\0\0\0WEBPVP8 " + bytes(20), "a", types.WEBP),
        (b"BM" + struct.pack("<LLL", 70, 0, 54) + bytes(56), "a", types.BMP),
        (b"BMW is a maker of cars", "a.txt", types.TEXT),
        (b'<?xml version="1.0"?>\n<!-- c --><svg xmlns="x"/>', "a", types.SVG),
        (b"\xef\xbb\xbf\n<!DOCTYPE HTML><p>", "a.txt", types.HTML),
        (b"<html>", "a.pdf", types.HTML),
        (b"<p>piece", "a", types.HTML),
        (b"<p>piece", "a.md", types.MARKDOWN),
        (b"words", "a.htm", types.HTML),
        (_MAIL, "a", types.EML),
        (_MAIL, "a.eml", types.EML),
        (_MAIL, "a.txt", types.TEXT),
        (b"just words", "a.eml", types.TEXT),
        (b"Dear Sir: hello", "letter", types.TEXT),
        (b"a,b\n1,2", "a.csv", types.CSV),
        (b"a\tb", "a.tsv", types.CSV),
        (b"# Title", "a.markdown", types.MARKDOWN),
        (b'{"a": 1}', "a.json", types.TEXT),
        (b"#!/bin/sh\necho", "a.sh", types.TEXT),
        (b"", "a.txt", types.TEXT),
        ("W\u00f6rter".encode("latin-1"), "a", types.TEXT),
        ("words".encode("utf-16"), "a", types.TEXT),
        ("words in two bytes".encode("utf-16-le"), "a", types.TEXT),
        (b"a stray \0 in the middle of a sentence", "a", types.TEXT),
        (bytes(range(256)), "a.bin", types.OCTET_STREAM),
        (bytes(100), "a.txt", types.OCTET_STREAM),
        (b"\x7fELF\x02\x01\x01" + bytes(20), "a.txt", types.EXECUTABLE),
        (_PE, "a.pdf", types.EXECUTABLE),
        (b"MZ is short for nothing in particular, " * 3, "a.txt", types.TEXT),
        (b"\xcf\xfa\xed\xfe" + bytes(20), "a", types.EXECUTABLE),
        (b"\x1f\x8b\x08" + bytes(20), "a.gz", types.OCTET_STREAM),
    ],
)
def test_types(data: bytes, name: str, expected: str) -> None:
    assert sniff(data, name) == expected


@pytest.mark.parametrize(
    ("kind", "name", "expected"),
    [
        (types.EXECUTABLE, "photo.JPG", True),
        (types.EXECUTABLE, "a.pdf", True),
        (types.EXECUTABLE, "notes.txt", True),
        (types.EXECUTABLE, "program", False),
        (types.EXECUTABLE, "setup.exe", False),
        (types.HTML, "a.pdf", True),
        (types.HTML, "a.docx", True),
        (types.HTML, "a.png", True),
        (types.HTML, "a.html", False),
        (types.HTML, "a.txt", False),
        (types.PDF, "a.docx", False),
        (types.PNG, "a.pdf", False),
        (types.TEXT, "a.pdf", False),
        (types.ZIP, "a.docx", False),
    ],
)
def test_conflicts(kind: str, name: str, expected: bool) -> None:
    assert conflicts(kind, name) is expected


def test_a_container_is_judged_by_its_directory(tmp_path: Path, documents: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(builders.archive({"filler": bytes(40_000), **_members(_DOCX)}))
    with path.open("rb") as file:
        head = file.read(40)
    assert sniff(head, "x") == types.ZIP
    assert sniff_file(path, "x") == types.DOCX
    protected = documents / "protected_normal_case.docx"
    assert sniff_file(protected, "unnamed") == types.ENCRYPTED_OFFICE
    assert sniff_file(documents / "testPDF.pdf", "unnamed") == types.PDF
    assert sniff_file(documents / "testRFC822_multipart_attachments.eml", "unnamed") == types.EML


def test_a_broken_directory_leaves_the_beginning_to_judge(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_bytes(_DOCX[:-40])
    assert sniff_file(path, "a.docx") == types.DOCX
    path.write_bytes(_OLE)
    assert sniff_file(path, "a.docx") == types.ENCRYPTED_OFFICE


def test_a_directory_in_a_circle(tmp_path: Path) -> None:
    path = tmp_path / "x"
    header = bytearray(_OLE)
    struct.pack_into("<H", header, 30, 9)
    struct.pack_into("<L", header, 48, 0)
    struct.pack_into("<L", header, 76, 1)
    entry = "WordDocument".encode("utf-16-le").ljust(64, b"\0") + struct.pack("<H", 26) + bytes(62)
    path.write_bytes(bytes(header) + entry * 4 + struct.pack("<L", 0) * 128)
    assert sniff_file(path, "a.docx") == types.OLE


def _members(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as file:
        return {name: file.read(name) for name in file.namelist()}
