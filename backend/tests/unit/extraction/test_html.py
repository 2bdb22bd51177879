"""HTML: what a reader sees, and nothing that runs."""

from pathlib import Path

import pytest

from docuvault.domain.media_types import HTML
from docuvault.extraction.base import Limits
from docuvault.extraction.html import html_text
from tests.unit.extraction.conftest import Read


def test_text_and_metadata(read: Read) -> None:
    page = (
        "<!doctype html><html><head><title> A  page </title><style>p{}</style>"
        '<meta name="Author" content="Jo"><meta name="keywords" content="a, b">'
        "</head><body><h1>Head&shy;ing</h1><p>One\n   two <b>three</b>four<br>five</p>"
        "<script>alert('x')</script><noscript>no</noscript><template>t</template>"
        "<ul><li>first<li>second</ul>after<table><tr><td>a<td>b<tr><td><td>d</table>"
        "<pre>  keep\n    this</pre><!-- hidden --></body></html>"
    )
    document = read(page.encode(), HTML)
    assert document.metadata == {"title": "A page", "author": "Jo", "keywords": "a, b"}
    assert document.pages[0].text == (
        "Head\u00ading\n\nOne two threefour\nfive\n\nfirst\nsecond\n\nafter\n\na\tb\n\td\n\n"
        "  keep\n    this"
    )


def test_a_wrong_declaration_is_seen_through(read: Read, documents: Path) -> None:
    document = read((documents / "testArabicMisleadingCharset.html").read_bytes(), HTML)
    assert document.metadata["title"] == "Test Arabic"
    assert "\u0627\u0644\u0644\u063a\u0629 \u0627\u0644\u0639\u0631\u0628\u064a\u0629" in (
        document.pages[0].text
    )


@pytest.mark.parametrize(
    "meta",
    ['<meta charset="windows-1251">', "<META http-equiv=x content='text/html;charset=cp1251'>"],
)
def test_the_declared_charset(meta: str, read: Read) -> None:
    word = "\u043c\u0438\u0440"
    assert read(f"{meta}<p>{word}".encode("cp1251"), HTML).pages[0].text == word


def test_broken_and_nested_without_end(read: Read) -> None:
    assert html_text("<p>open <b>never <i>closed") == "open never closed"
    deep = b"<div>" * 10_000 + b"found"
    assert read(deep, HTML).pages[0].text == "found"
    assert html_text("") == ""


def test_more_than_is_kept(read: Read) -> None:
    document = read(b"<p>word</p>" * 1000, HTML, Limits(100, 500, 10**6))
    assert document.character_count <= 500
    assert document.warnings == ("truncated",)
