"""DOCX: everything that people wrote, in the order in which they wrote it."""

import io
from collections.abc import Callable
from pathlib import Path

import docx as python_docx
import pytest

from docuvault.domain.errors import ErrorCode
from docuvault.domain.media_types import DOCX, ENCRYPTED_OFFICE
from docuvault.extraction.base import Limits
from tests.unit.extraction import builders
from tests.unit.extraction.builders import paragraph
from tests.unit.extraction.conftest import Read

Failure = Callable[..., ErrorCode]


def test_a_real_file(read: Read, documents: Path) -> None:
    document = read((documents / "testWORD.docx").read_bytes(), DOCX)
    text = document.pages[0].text
    assert text.startswith("This is the header for our document\n")
    assert text.endswith("This is the footer for our document")
    assert "And now for a subtitle\nMain Heading\nHeading Level 1\n" in text
    assert "Nested table\n" in text
    assert "Apache POI: http://poi.apache.org/ POI\n" in text
    assert document.metadata["title"] == "Sample Word Document"
    assert document.metadata["author"] == "Keith Bennett"
    assert document.metadata["created"] == "2008-12-11T16:04:00Z"


def test_real_footnotes(read: Read, documents: Path) -> None:
    text = read((documents / "footnotes.docx").read_bytes(), DOCX).pages[0].text
    assert text == "Eto ochen prostoy text so snoskoy\n\n snoska"


def test_a_file_of_another_writer(read: Read) -> None:
    document = python_docx.Document()
    document.add_heading("Annual report", level=1)
    document.add_paragraph("Before the table.")
    table = document.add_table(rows=2, cols=2)
    for row, texts in zip(table.rows, (("Item", "Price"), ("Tea", "3")), strict=True):
        for cell, text in zip(row.cells, texts, strict=True):
            cell.text = text
    document.add_paragraph("After the table.")
    document.sections[0].header.paragraphs[0].text = "Confidential"
    document.core_properties.title = "Report"
    buffer = io.BytesIO()
    document.save(buffer)
    read_back = read(buffer.getvalue(), DOCX)
    assert read_back.pages[0].text == (
        "Confidential\n\nAnnual report\nBefore the table.\nItem\tPrice\nTea\t3\nAfter the table."
    )
    assert read_back.metadata["title"] == "Report"


def test_order_notes_and_comments(read: Read) -> None:
    note = f'<w:footnotes xmlns:w="{builders.WORD}"><w:footnote w:type="separator">' + (
        paragraph("-----") + f"</w:footnote><w:footnote>{paragraph('The note')}</w:footnote>"
    )
    comment = f'<w:comments xmlns:w="{builders.WORD}"><w:comment>{paragraph("Really?")}'
    footer = f'<w:ftr xmlns:w="{builders.WORD}">{paragraph("Page footer")}</w:ftr>'
    data = builders.docx(
        paragraph("Body"),
        parts={
            "footnotes.xml": note + "</w:footnotes>",
            "comments.xml": comment + "</w:comment></w:comments>",
            "footer1.xml": footer,
            "footer2.xml": footer,
        },
        links=[
            ("footer", "footer1.xml"),
            ("footer", "footer2.xml"),
            ("comments", "/word/comments.xml"),
            ("footnotes", "footnotes.xml"),
            ("header", "missing.xml"),
        ],
    )
    assert read(data, DOCX).pages[0].text == "Body\n\nThe note\n\nReally?\n\nPage footer"


def test_runs_breaks_and_what_is_not_text(read: Read) -> None:
    body = (
        "<w:p><w:pPr><w:tabs><w:tab/></w:tabs></w:pPr>"
        "<w:r><w:t>one</w:t><w:tab/><w:t>two</w:t><w:br/><w:t>three</w:t></w:r>"
        "<w:del><w:r><w:delText>removed</w:delText></w:r></w:del>"
        "<w:ins><w:r><w:t> four</w:t></w:r></w:ins>"
        '<w:r><w:instrText>HYPERLINK "http://example.org"</w:instrText></w:r>'
        "<w:hyperlink><w:r><w:t> five</w:t></w:r></w:hyperlink>"
        "<w:r><w:t> hy</w:t><w:softHyphen/><w:t>phen</w:t><w:noBreakHyphen/><w:t>ed</w:t></w:r>"
        "</w:p>"
    )
    assert read(builders.docx(body), DOCX).pages[0].text == ("one\ttwo\nthree four five hyphen-ed")


def test_a_text_box_is_read_once(read: Read) -> None:
    box = f"<w:txbxContent>{paragraph('In the box')}</w:txbxContent>"
    body = (
        '<w:p xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"><w:r>'
        f"<mc:AlternateContent><mc:Choice>{box}</mc:Choice><mc:Fallback><w:pict>{box}</w:pict>"
        "</mc:Fallback></mc:AlternateContent><w:t>Around it</w:t></w:r></w:p>"
    )
    assert read(builders.docx(body), DOCX).pages[0].text == "In the box\nAround it"


def test_long_text_is_cut_into_pages_at_paragraphs(read: Read) -> None:
    lines = [f"Paragraph {number} " + "word " * 40 for number in range(60)]
    document = read(builders.docx("".join(map(paragraph, lines))), DOCX)
    assert document.page_count == len(document.pages) == 4
    assert all(3000 <= len(page.text) <= 4000 for page in document.pages[:-1])
    assert all(page.text.startswith("Paragraph ") for page in document.pages)
    assert "\n".join(page.text for page in document.pages) == "\n".join(lines)


def test_macros_and_unsafe_names_are_flagged(read: Read) -> None:
    data = builders.docx(
        paragraph("Hello"),
        extra={
            "word/vbaProject.bin": b"macro",
            "../../escape.txt": b"x",
            "/absolute": b"x",
            "C:\\windows": b"x",
        },
    )
    document = read(data, DOCX)
    assert document.pages[0].text == "Hello"
    assert document.warnings == ("unsafe_path", "has_macros")


def test_an_external_part_is_not_followed(read: Read, tmp_path: Path) -> None:
    secret = tmp_path / "header.xml"
    secret.write_text(f'<w:hdr xmlns:w="{builders.WORD}">{paragraph("SECRET")}</w:hdr>')
    data = builders.docx(
        paragraph("Hello"),
        links=[("header", secret.as_uri()), ("header", f"../../../../..{secret}")],
    )
    assert read(data, DOCX).pages[0].text == "Hello"


def test_entities_from_outside_do_not_leak(failure: Failure, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("TOP SECRET")
    prologue = f'<!DOCTYPE d [<!ENTITY leak SYSTEM "{secret.as_uri()}">]>'
    data = builders.docx(paragraph("&leak;"), prologue=prologue)
    assert failure(data, DOCX) is ErrorCode.CORRUPT_FILE


def test_a_billion_laughs(failure: Failure) -> None:
    names = [f"l{number}" for number in range(10)]
    entities = "".join(
        f'<!ENTITY {name} "{f"&{before};" * 10}">'
        for before, name in zip(["lol", *names], names, strict=False)
    )
    prologue = f'<!DOCTYPE d [<!ENTITY lol "lol">{entities}]>'
    data = builders.docx(paragraph("&l9;"), prologue=prologue)
    assert failure(data, DOCX) is ErrorCode.CORRUPT_FILE


def test_a_bomb_is_refused_by_its_directory(failure: Failure) -> None:
    data = builders.docx(paragraph("x" * 30_000_000))
    assert len(data) < 100_000
    assert failure(data, DOCX) is ErrorCode.EXPANSION_LIMIT


def test_all_parts_together_have_a_limit(failure: Failure) -> None:
    data = builders.docx(paragraph("x" * 3_000_000))
    limits = Limits(max_pages=10, max_characters=10_000, max_unpacked_bytes=2_000_000)
    assert failure(data, DOCX, limits) is ErrorCode.EXPANSION_LIMIT


@pytest.mark.parametrize("share", [0.2, 0.6, 0.98])
def test_truncated_files(share: float, failure: Failure, documents: Path) -> None:
    data = (documents / "testWORD.docx").read_bytes()
    assert failure(data[: int(len(data) * share)], DOCX) is ErrorCode.CORRUPT_FILE


def test_other_damage(failure: Failure) -> None:
    assert failure(b"plain text", DOCX) is ErrorCode.CORRUPT_FILE
    assert failure(builders.archive({"a.txt": b"x"}), DOCX) is ErrorCode.CORRUPT_FILE
    broken = builders.archive({"word/document.xml": b"<w:document>"})
    assert failure(broken, DOCX) is ErrorCode.CORRUPT_FILE


def test_a_password(failure: Failure, documents: Path) -> None:
    data = (documents / "protected_normal_case.docx").read_bytes()
    assert failure(data, ENCRYPTED_OFFICE) is ErrorCode.ENCRYPTED
