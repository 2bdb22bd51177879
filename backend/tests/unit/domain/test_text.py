"""Folding: words match whatever their case and accents."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docuvault.domain.text import fold, without_nul, words


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("Crème BRÛLÉE", "creme brulee"),
        ("STRASSE", "strasse"),
        ("straße", "strasse"),
        ("Ångström", "angstrom"),
        ("ﬁne", "fine"),
        ("Ⅷ", "viii"),
        ("日本", "日本"),
    ],
)
def test_case_and_accents_do_not_matter(written: str, folded: str) -> None:
    assert fold(written) == folded


@settings(deadline=None)
@given(st.text())
def test_words_are_folded_and_hold_no_separators(text: str) -> None:
    for word in words(text):
        assert word
        assert "_" not in word
        assert not any(c.isspace() for c in word)


def test_words_come_in_their_order() -> None:
    assert words("Über snake_case, 3.14 & C++!") == ["uber", "snake", "case", "3", "14", "c"]


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=())))
def test_what_is_kept_can_be_stored(text: str) -> None:
    kept = without_nul(text)

    assert "\x00" not in kept
    kept.encode()
    if "\x00" not in text and not any(0xD800 <= ord(c) < 0xE000 for c in text):
        assert kept == text
