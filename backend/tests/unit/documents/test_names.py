"""Names as people gave them: safe to keep, never empty, and still theirs."""

from uuid import uuid4

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from docuvault.documents.names import MAX_LENGTH, clean_name, extension_of, title_from
from docuvault.object_storage.base import new_object_key
from docuvault.object_storage.keys import split_key

ANY_TEXT = st.text(st.characters(exclude_categories=()), max_size=400)


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("report.pdf", "report.pdf"),
        ("Größe 2026 – Entwurf.pdf", "Größe 2026 – Entwurf.pdf"),
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\letter.docx", "letter.docx"),
        ("/absolute/", "absolute"),
        ("a\r\nSet-Cookie: x=1.txt", "aSet-Cookie: x=1.txt"),
        ("nul\x00inside.txt", "nulinside.txt"),
        ("bell\x07\x9f.txt", "bell.txt"),
        ("  padded.txt  ", "padded.txt"),
        ("", "untitled"),
        ("   ", "untitled"),
        ("...", "untitled"),
        ("..", "untitled"),
        ("///", "untitled"),
        ("\x00\x01", "untitled"),
        (".bashrc", ".bashrc"),
        ("CON", "CON"),
        ("<script>alert(1)</script>.html", "script>.html"),
        ("a" * 300 + ".pdf", "a" * 251 + ".pdf"),
        ("x" * 300, "x" * 255),
        ("lone\ud800.txt", "lone\ufffd.txt"),
    ],
)
def test_a_name_is_cleaned(raw: str, clean: str) -> None:
    assert clean_name(raw) == clean


@settings(deadline=None)
@given(ANY_TEXT)
@example("." + "a" * 400)
@example("a." + "b" * 400)
@example("\u3000")
def test_any_name_can_be_kept(raw: str) -> None:
    name = clean_name(raw)

    assert 1 <= len(name) <= MAX_LENGTH
    assert "/" not in name
    assert "\\" not in name
    assert name not in {".", ".."}
    assert all(c.isprintable() or ord(c) >= 0xA0 for c in name)
    name.encode()


@settings(deadline=None)
@given(ANY_TEXT)
def test_cleaning_twice_is_cleaning_once(raw: str) -> None:
    name = clean_name(raw)

    assert clean_name(name) == name


@settings(deadline=None)
@given(ANY_TEXT)
def test_a_title_is_never_empty_and_fits(raw: str) -> None:
    title = title_from(clean_name(raw))

    assert 1 <= len(title) <= MAX_LENGTH
    assert title == title.strip()


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("Report_2026.final.pdf", "Report 2026.final"),
        (".bashrc", ".bashrc"),
        ("___.txt", "___.txt"),
        ("no extension", "no extension"),
    ],
)
def test_a_title_is_the_name_without_its_extension(name: str, title: str) -> None:
    assert title_from(name) == title


@settings(deadline=None)
@given(ANY_TEXT)
def test_any_extension_makes_a_well_formed_key(raw: str) -> None:
    key = new_object_key(uuid4(), uuid4(), extension_of(clean_name(raw)))

    assert len(split_key(key)) == 3
    assert len(key) <= 200


def test_the_extension_is_in_lower_case() -> None:
    assert extension_of("A.PDF") == ".pdf"
    assert extension_of("archive.tar.GZ") == ".gz"
    assert extension_of("none") == ""
