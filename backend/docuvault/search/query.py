"""The little language of the search box; every text is a query, none is an error.

invoice 2024        words
"final notice"      words that stand side by side, in this order
contr*              words that begin like this
-draft -"in part"   not on pages with this word or phrase
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from docuvault.domain.text import without_nul, words

MAX_CHARACTERS = 1000
MAX_TERMS = 32
# PostgreSQL takes words up to 2 kB; a longer one is searched by its beginning.
MAX_WORD = 100

_T = TypeVar("_T")
_QUOTES = str.maketrans(dict.fromkeys("“”„‟«»\uff02", '"'))
_CLAUSE = re.compile(r'(?P<minus>-?)(?:"(?P<phrase>[^"]*)"?|(?P<bare>[^\s"]+))')


@dataclass(frozen=True, slots=True)
class ParsedQuery:
    """What is looked for, in folded words as `domain.text.words` makes them.

    `text_for_meaning` is what to embed: the query as typed, without its signs and without what it
    excludes; empty when it looks for nothing.
    """

    words: tuple[str, ...] = ()
    phrases: tuple[tuple[str, ...], ...] = ()
    prefixes: tuple[str, ...] = ()
    excluded: tuple[str, ...] = ()
    excluded_phrases: tuple[tuple[str, ...], ...] = ()
    text_for_meaning: str = ""

    @property
    def is_empty(self) -> bool:
        """Whether nothing is looked for; exclusions alone find nothing."""
        return not (self.words or self.phrases or self.prefixes)


def parse_query(text: str) -> ParsedQuery:
    """Read a query; cut after `MAX_CHARACTERS` and after `MAX_TERMS` words."""
    clean = without_nul(text[:MAX_CHARACTERS]).translate(_QUOTES)
    terms = _Terms()
    for clause in _CLAUSE.finditer(clean):
        quoted = clause["phrase"] is not None
        terms.add(
            clause["phrase"] if quoted else clause["bare"],
            quoted=quoted,
            excluded=bool(clause["minus"]),
        )
        if terms.count >= MAX_TERMS:
            break
    return terms.query()


class _Terms:
    def __init__(self) -> None:
        self.count = 0
        self._words: list[str] = []
        self._phrases: list[tuple[str, ...]] = []
        self._prefixes: list[str] = []
        self._excluded: list[str] = []
        self._excluded_phrases: list[tuple[str, ...]] = []
        self._text: list[str] = []

    def add(self, text: str, *, quoted: bool, excluded: bool) -> None:
        found = words(text)[: MAX_TERMS - self.count]
        self.count += len(found)
        if not found:
            return
        if excluded:
            self._exclude(found)
            return
        self._text.append(" ".join(text.split()) if quoted else text.strip("*"))
        if quoted and len(found) > 1 and all(len(word) <= MAX_WORD for word in found):
            self._phrases.append(tuple(found))
            return
        starts_like = not quoted and text.endswith("*") and len(found[-1]) > 1
        for word in found[:-1] if starts_like else found:
            self._look_for(word)
        if starts_like:
            self._prefixes.append(found[-1][:MAX_WORD])

    def query(self) -> ParsedQuery:
        return ParsedQuery(
            words=_once(self._words),
            phrases=_once(self._phrases),
            prefixes=_once(self._prefixes),
            excluded=_once(self._excluded),
            excluded_phrases=_once(self._excluded_phrases),
            text_for_meaning=" ".join(self._text),
        )

    def _look_for(self, word: str) -> None:
        if len(word) <= MAX_WORD:
            self._words.append(word)
        else:
            self._prefixes.append(word[:MAX_WORD])

    def _exclude(self, found: list[str]) -> None:
        if any(len(word) > MAX_WORD for word in found):
            return
        if len(found) == 1:
            self._excluded.append(found[0])
        else:
            self._excluded_phrases.append(tuple(found))


def _once(items: Iterable[_T]) -> tuple[_T, ...]:
    return tuple(dict.fromkeys(items))
