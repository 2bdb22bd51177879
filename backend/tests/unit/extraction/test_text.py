"""Plain text, Markdown and CSV; encodings; pages."""

import pytest

from docuvault.domain.media_types import CSV, MARKDOWN, TEXT
from docuvault.extraction.base import Limits
from docuvault.extraction.decoding import decode
from docuvault.extraction.pagination import paginate
from tests.unit.extraction.conftest import Read

_RUSSIAN = "\u0421\u044a\u0435\u0448\u044c \u0435\u0449\u0451 \u044d\u0442\u0438\u0445 \u043c\u044f\u0433\u043a\u0438\u0445 \u0444\u0440\u0430\u043d\u0446\u0443\u0437\u0441\u043a\u0438\u0445 \u0431\u0443\u043b\u043e\u043a. "  # noqa: E501
_GERMAN = "Gr\u00fc\u00dfe aus K\u00f6ln"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (_GERMAN.encode(), _GERMAN),
        (_GERMAN.encode("utf-8-sig"), _GERMAN),
        (_GERMAN.encode("utf-16"), _GERMAN),
        (_GERMAN.encode("utf-16-le"), _GERMAN),
        (_GERMAN.encode("utf-16-be"), _GERMAN),
        (_GERMAN.encode("utf-32"), _GERMAN),
        (_GERMAN.encode("utf-32-be"), _GERMAN),
        (_GERMAN.encode("latin-1"), _GERMAN),
        (b"100 \x80", "100 \u20ac"),
        ((_RUSSIAN * 5).encode("cp1251"), _RUSSIAN * 5),
        (_GERMAN.encode() + b" \xff", _GERMAN + " \ufffd"),
        (b"lone \xed\xa0\x80 half", "lone \ufffd half"),
        (b"pair \xed\xa0\xbd\xed\xb8\x80", "pair \U0001f600"),
        (b"", ""),
    ],
)
def test_encodings(data: bytes, expected: str) -> None:
    assert decode(data) == expected


@pytest.mark.parametrize(
    ("data", "declared", "expected"),
    [
        ("\u3053\u3093".encode("shift_jis"), "Shift_JIS", "\u3053\u3093"),
        ("\u3053\u3093".encode("iso2022_jp"), "iso-2022-jp", "\u3053\u3093"),
        (b"\x93quoted\x94", "iso-8859-1", "\u201cquoted\u201d"),
        (_GERMAN.encode(), "windows-1252", _GERMAN),
        (_GERMAN.encode("latin-1"), "utf-8", _GERMAN),
        (b"caf\xe9", "no-such-charset", "caf\u00e9"),
        (b"caf\xe9", "rot13", "caf\u00e9"),
        (b"caf\xe9 \\u0041", "unicode_escape", "caf\u00e9 \\u0041"),
    ],
)
def test_declared_encodings(data: bytes, declared: str, expected: str) -> None:
    assert decode(data, declared) == expected


def test_text_keeps_its_lines_and_loses_what_cannot_be_kept(read: Read) -> None:
    data = b"one\r\ntwo\rthree\n\n  four\t5\x00\x07six\x0cseven"
    assert read(data, TEXT).pages[0].text == "one\ntwo\nthree\n\n  four\t5six\nseven"


def test_an_empty_file_is_one_empty_page(read: Read) -> None:
    document = read(b"", TEXT)
    assert [(page.number, page.text) for page in document.pages] == [(1, "")]
    assert document.page_count == 1


def test_utf16_without_a_mark(read: Read) -> None:
    assert read("Plain words\r\nin UTF-16".encode("utf-16-le"), TEXT).pages[0].text == (
        "Plain words\nin UTF-16"
    )


def test_one_endless_line_is_cut_at_the_limit(read: Read) -> None:
    document = read(b"abcdefgh " * 100_000, TEXT, Limits(1000, 50_000, 10**9))
    assert document.character_count <= 50_000
    assert document.character_count > 49_900
    assert document.warnings == ("truncated",)
    assert max(len(page.text) for page in document.pages) <= 4000


def test_pages_beyond_the_limit(read: Read) -> None:
    document = read(b"line of text\n" * 2000, TEXT, Limits(2, 10**6, 10**6))
    assert len(document.pages) == 2
    assert document.page_count == 7
    assert document.warnings == ("page_limit",)


def test_pages_break_at_the_best_place_and_lose_nothing() -> None:
    words = "word " * 500
    text = f"{words}\n\n{words}\n{words}. {words}" + "x" * 9000
    pages = paginate(text)
    assert all(len(page) <= 4000 for page in pages)
    assert "".join(pages).replace("\n", "") == text.replace("\n", "")
    paragraphs = "\n\n".join(str(number) + "a" * 1499 for number in range(10))
    assert all(page[0].isdigit() for page in paginate(paragraphs))


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_csv_with_any_delimiter(delimiter: str, read: Read) -> None:
    rows = [["Name", "Town"], ['"A, b; c"', '"Two\nlines"'], ["x", ""], ["y", "z"]]
    data = "\r\n".join(delimiter.join(row) for row in rows)
    assert read(data.encode(), CSV).pages[0].text == ("Name\tTown\nA, b; c\tTwo\nlines\nx\ny\tz")


def test_csv_in_one_huge_line(read: Read) -> None:
    document = read(b"cell," * 30_000, CSV)
    assert document.pages[0].text.startswith("cell\tcell\t")
    assert sum(page.text.count("cell") for page in document.pages) == 30_000
    quoted = read(b'"' + b"endless quote " * 10_000, CSV)
    assert sum(page.text.count("endless") for page in quoted.pages) > 9_990


def test_markdown_becomes_plain_text(read: Read) -> None:
    source = (
        "# The *title*\n\nSome **bold** and `code` with a [link](https://example.org).\n"
        "Second line\n\n- one\n- two\n\n> quoted\n\n```py\nprint('hi')\n```\n\n"
        "| L | C |\n|---|---|\n| a | b |\n\n![alt text](i.png)\n\n"
        "<div>block <script>alert(1)</script></div>\n\nin <b>line</b> <script>alert(2)</script>\n"
    )
    document = read(source.encode(), MARKDOWN)
    assert document.metadata == {"title": "The title"}
    assert document.pages[0].text == (
        "The title\n\nSome bold and code with a link.\nSecond line\n\none\ntwo\n\nquoted\n\n"
        "print('hi')\n\nL\tC\na\tb\n\nalt text\n\nblock\n\nin line"
    )
