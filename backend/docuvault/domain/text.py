"""Folding text so that words match whatever their case and accents."""

import re
import unicodedata

_WORD = re.compile(r"\w+")


def fold(text: str) -> str:
    """Case-folded text without combining marks; may differ in length from the original."""
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(c for c in decomposed if not unicodedata.combining(c)).casefold()


def words(text: str) -> list[str]:
    """The folded words of a text, in order."""
    return [fold(match.group()) for match in _WORD.finditer(text)]


def without_nul(text: str) -> str:
    """The text without U+0000, which PostgreSQL cannot hold, and without lone surrogates."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
