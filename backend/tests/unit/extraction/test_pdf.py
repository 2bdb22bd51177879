"""PDF: text, pages, metadata, passwords, damage."""

from collections.abc import Callable
from pathlib import Path

import pytest

from docuvault.domain.errors import ErrorCode
from docuvault.domain.media_types import PDF
from docuvault.extraction.base import Limits
from docuvault.extraction.pdf import iso_date
from tests.unit.extraction import builders
from tests.unit.extraction.conftest import Read

Failure = Callable[..., ErrorCode]


def test_a_real_file(read: Read, documents: Path) -> None:
    document = read((documents / "testPDF.pdf").read_bytes(), PDF)
    assert document.page_count == 1
    assert "Tika - Content Analysis Toolkit\n" in document.pages[0].text
    assert "\r" not in document.pages[0].text
    assert document.metadata["title"] == "Apache Tika - Apache Tika"
    assert document.metadata["author"] == "Bertrand Delacr\u00e9taz"
    assert document.metadata["created"] == "2007-09-15T11:02:31+02:00"
    assert document.warnings == ()


def test_pages_keep_their_numbers(read: Read) -> None:
    document = read(builders.pdf(["first", "", "third"]), PDF)
    assert [(page.number, page.text) for page in document.pages] == [
        (1, "first"),
        (2, ""),
        (3, "third"),
    ]
    assert document.page_count == 3


def test_pages_beyond_the_limit_are_counted_but_not_read(read: Read) -> None:
    document = read(builders.pdf(["one", "two", "three"]), PDF, Limits(2, 1000, 10**6))
    assert [page.text for page in document.pages] == ["one", "two"]
    assert document.page_count == 3
    assert document.warnings == ("page_limit",)


def test_characters_beyond_the_limit_are_left_out(read: Read) -> None:
    document = read(builders.pdf(["12345", "67890", "abc"]), PDF, Limits(10, 7, 10**6))
    assert [page.text for page in document.pages] == ["12345", "67"]
    assert document.page_count == 3
    assert document.warnings == ("truncated",)


def test_characters_outside_the_basic_plane(read: Read) -> None:
    data = builders.pdf(["xAy"], to_unicode=b"1 beginbfchar <41> <D83DDE00> endbfchar endcmap")
    assert read(data, PDF).pages[0].text == "x\U0001f600y"


def test_a_word_divided_at_the_end_of_a_line_is_whole_again(read: Read) -> None:
    data = builders.pdf(["wordAs"], to_unicode=b"1 beginbfchar <41> <FFFE> endbfchar endcmap")
    assert read(data, PDF).pages[0].text == "words"


def test_an_owner_password_alone_does_not_stop_reading(read: Read) -> None:
    assert read(builders.pdf(["still readable"], user=b""), PDF).pages[0].text == "still readable"


def test_a_user_password_does(failure: Failure) -> None:
    assert failure(builders.pdf(["secret"], user=b"guess"), PDF) is ErrorCode.ENCRYPTED


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"%PDF-1.7\nThis is not a PDF file\n%%EOF\n",
        b"plain text under the name of a PDF",
        builders.pdf(["x"])[:120],
    ],
    ids=["empty", "header only", "text", "truncated"],
)
def test_damaged_files(data: bytes, failure: Failure) -> None:
    assert failure(data, PDF) is ErrorCode.CORRUPT_FILE


def test_a_missing_cross_reference_table_is_rebuilt(read: Read) -> None:
    data = builders.pdf(["rebuilt"]).replace(b"xref\n0 ", b"xxxx\n0 ")
    assert read(data, PDF).pages[0].text == "rebuilt"


def test_pages_in_a_circle(read: Read, failure: Failure) -> None:
    data = builders.pdf_of(
        [
            b"<</Type/Catalog/Pages 2 0 R>>",
            b"<</Type/Pages/Count 2/Kids[3 0 R 3 0 R]>>",
            b"<</Type/Pages/Count 2/Kids[2 0 R 2 0 R]>>",
        ]
    )
    document = read(data, PDF)
    assert [page.text for page in document.pages] == [""] * document.page_count
    assert "unreadable_pages" in document.warnings


@pytest.mark.parametrize(
    "catalog",
    [
        b"/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>",
        b"/OpenAction<</S/Launch/F(calc.exe)>>",
        b"/Names<</JavaScript<</Names[(a)<</S/JavaScript/JS(x)>>]>>>>",
    ],
    ids=["script", "launch", "named script"],
)
def test_active_content_is_flagged_and_the_text_read(catalog: bytes, read: Read) -> None:
    document = read(builders.pdf(["harmless"], catalog=catalog), PDF)
    assert document.pages[0].text == "harmless"
    assert document.warnings == ("active_content",)


def test_metadata(read: Read) -> None:
    info = b"/Title<FEFF00DC006200650072>/Author( A\\000 )/Keywords()/CreationDate(D:2020)"
    metadata = read(builders.pdf(["x"], info=info), PDF).metadata
    assert metadata == {"title": "\u00dcber", "author": "A", "created": "2020"}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("D:20040121161201-05'00'", "2004-01-21T16:12:01-05:00"),
        ("D:20230410074654Z07'46'", "2023-04-10T07:46:54Z"),
        ("D:20220415120134", "2022-04-15T12:01:34"),
        ("20220415", "2022-04-15"),
        ("D:2022", "2022"),
        ("yesterday", ""),
    ],
)
def test_dates(value: str, expected: str) -> None:
    assert iso_date(value) == expected
