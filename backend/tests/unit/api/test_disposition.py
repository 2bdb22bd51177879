"""The Content-Disposition header carries any name and nothing but the name."""

import re
from urllib.parse import unquote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docuvault.api.disposition import content_disposition
from docuvault.documents.names import clean_name

FORM = re.compile(r"(inline|attachment); filename=\"([^\"\\]*)\"; filename\*=UTF-8''([\w.~%-]*)")


@pytest.mark.parametrize(
    ("name", "header"),
    [
        ("a.txt", "attachment; filename=\"a.txt\"; filename*=UTF-8''a.txt"),
        (
            'Grün "x"; y.txt',
            'attachment; filename="Gr_n _x__ y.txt";'
            " filename*=UTF-8''Gr%C3%BCn%20%22x%22%3B%20y.txt",
        ),
        ("50%.txt", "attachment; filename=\"50_.txt\"; filename*=UTF-8''50%25.txt"),
    ],
)
def test_an_old_and_a_true_name(name: str, header: str) -> None:
    assert content_disposition(name, inline=False) == header


@settings(deadline=None)
@given(st.text().map(clean_name), st.booleans())
def test_any_kept_name_comes_back_whole(name: str, inline: bool) -> None:
    header = content_disposition(name, inline=inline)

    found = FORM.fullmatch(header)
    assert found is not None
    assert found[1] == ("inline" if inline else "attachment")
    assert unquote(found[3], errors="strict") == name
    assert header.encode("ascii").decode().isprintable()


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_no_name_breaks_the_header(name: str) -> None:
    assert FORM.fullmatch(content_disposition(name, inline=False))
