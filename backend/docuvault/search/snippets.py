"""A short stretch of a page that shows why it was found."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from docuvault.domain.text import fold
from docuvault.search.positions import Positions
from docuvault.search.query import ParsedQuery

LENGTH = 240
ELLIPSIS = "…"

# How far to look for words: around the chunk that was found, or from the start of the page.
_AROUND = 1000
_FROM_START = 500_000
_MOST_CANDIDATES = 1000
# How much text stands before the first match, and how far a cut may move to the end of a word.
_LEAD = 60
_WORD_SEARCH = 40

# All but some characters that are surely folded already (small Greek and Cyrillic letters,
# ideographs): a call for each of them would take most of the time.
_UNFOLDED = re.compile(
    "[^\x00-\x7f\u03b1-\u03c1\u03c3-\u03c9\u0430-\u0438\u043a-\u044f\u4e00-\u9fff]"
)
# Scripts that put no space between words: there a word may begin and end anywhere.
_UNSPACED = re.compile(
    "[\u1100-\u11ff\u3041-\u30ff\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U0003ffff]"
)
_INFLECTED = re.compile(r"[a-z]{4,}")
_SHORTEST_STEM = 4


@dataclass(frozen=True, slots=True)
class Snippet:
    """Plain text and the ranges in it to highlight.

    Ranges are pairs of start and end in Unicode code points, in order and apart from each other.
    """

    text: str
    highlights: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class _Match:
    start: int
    end: int
    term: str


@dataclass(frozen=True, slots=True)
class _Term:
    """What to look for: where `anchor` stands, at the start of a word if `bounded`."""

    name: str
    anchor: str
    pattern: re.Pattern[str]
    bounded: bool


def make_snippet(
    text: str, query: ParsedQuery, span: tuple[int, int] | None = None, *, length: int = LENGTH
) -> Snippet:
    """About `length` characters of a page around what the query looks for.

    `span` is the chunk that was found: the snippet shows the best part of it, its beginning when
    none of the words stand there. Without a span, the best part of the page.
    """
    shown, start, end = _region(text, span)
    matches = _matches(shown, query)
    inside = [match for match in matches if start <= match.start and match.end <= end]
    left, right = _window(shown, inside, start, length)
    return _cut(shown, left, right, matches)


def _region(text: str, span: tuple[int, int] | None) -> tuple[str, int, int]:
    """The text to look at, on one line, and where in it the part that was found begins and ends."""
    if span is None:
        shown = _on_one_line(text[:_FROM_START])
        return shown, 0, len(shown)
    start, end = span
    before = _on_one_line(text[max(0, start - _AROUND) : start])
    found = _on_one_line(text[start:end])
    after = _on_one_line(text[end : end + _AROUND])
    before = f"{before} " if before else ""
    return f"{before}{found} {after}".rstrip(), len(before), len(before) + len(found)


def _on_one_line(text: str) -> str:
    return " ".join(text.split())


def _window(text: str, matches: list[_Match], start: int, length: int) -> tuple[int, int]:
    """Where to cut so that the most different terms are shown, then the most matches."""
    if not matches:
        left, first, last = start, start, start
    else:
        first, last = _best_run(matches, length)
        left = max(0, first - min(_LEAD, max(0, length - (last - first)) // 2))
    if len(text) - left < length:
        left = max(0, min(first, len(text) - length))
    right = min(len(text), left + length)
    return _at_word_start(text, left, first), _at_word_end(text, right, min(last, right))


def _best_run(matches: list[_Match], length: int) -> tuple[int, int]:
    best = (0, 0)
    chosen = (matches[0].start, matches[0].end)
    stop = 0
    held: dict[str, int] = {}
    for position, match in enumerate(matches):
        while stop < len(matches) and matches[stop].end - match.start <= length:
            held[matches[stop].term] = held.get(matches[stop].term, 0) + 1
            stop += 1
        if stop > position:
            worth = (len(held), stop - position)
            if worth > best:
                best, chosen = worth, (match.start, matches[stop - 1].end)
            held[match.term] -= 1
            if not held[match.term]:
                del held[match.term]
        else:  # longer than the whole snippet
            stop = position + 1
    return chosen


def _at_word_start(text: str, left: int, limit: int) -> int:
    if left == 0 or text[left - 1] == " ":
        return left
    space = text.find(" ", left, min(limit, left + _WORD_SEARCH))
    return left if space < 0 else space + 1


def _at_word_end(text: str, right: int, limit: int) -> int:
    if right == len(text) or text[right] == " ":
        return right
    space = text.rfind(" ", max(limit, right - _WORD_SEARCH), right)
    return right if space < 0 else space


def _cut(text: str, left: int, right: int, matches: list[_Match]) -> Snippet:
    lead = ELLIPSIS if left > 0 else ""
    trail = ELLIPSIS if right < len(text) else ""
    shift = len(lead) - left
    return Snippet(
        text=f"{lead}{text[left:right]}{trail}",
        highlights=tuple(
            (max(match.start, left) + shift, min(match.end, right) + shift)
            for match in matches
            if match.start < right and match.end > left
        ),
    )


def _matches(text: str, query: ParsedQuery) -> list[_Match]:
    """Where the terms stand, in order and apart from each other."""
    terms = _terms(query)
    if not terms:
        return []
    folded, positions = _folded(text)
    found = [(start, end, term.name) for term in terms for start, end in _occurrences(folded, term)]
    found.sort(key=lambda match: (match[0], -match[1]))
    matches = []
    shown = 0
    for folded_start, folded_end, name in found:
        start, end = positions.original(folded_start), positions.original(folded_end - 1) + 1
        while end < len(text) and not _folded_character(text[end]):
            end += 1
        # Within a phrase, or within one character that folds to several.
        if start >= shown:
            matches.append(_Match(start, end, name))
            shown = end
    return matches


def _occurrences(folded: str, term: _Term) -> Iterator[tuple[int, int]]:
    start = folded.find(term.anchor)
    for _ in range(_MOST_CANDIDATES):
        if start < 0:
            return
        inside_word = term.bounded and start > 0 and folded[start - 1].isalnum()
        match = None if inside_word else term.pattern.match(folded, start)
        if match is not None:
            yield start, match.end()
        start = folded.find(term.anchor, match.end() if match else start + 1)


def _folded(text: str) -> tuple[str, Positions]:
    """The text as `fold` makes it, and where its characters came from."""
    positions = Positions()
    if text.isascii():
        return text.lower(), positions
    offset = 0

    def fold_one(found: re.Match[str]) -> str:
        nonlocal offset
        folded = _folded_character(found.group())
        for _ in folded[1:]:  # further characters that came from the same one
            offset -= 1
            positions.shift(found.start() - offset, offset)
        if not folded:
            offset += 1
            positions.shift(found.start() + 1 - offset, offset)
        return folded

    return _UNFOLDED.sub(fold_one, text).casefold(), positions


@lru_cache(maxsize=10_000)
def _folded_character(character: str) -> str:
    return fold(character)


@lru_cache(maxsize=256)
def _terms(query: ParsedQuery) -> tuple[_Term, ...]:
    phrases = [_term(phrase[0], r"[\W_]+".join(map(re.escape, phrase))) for phrase in query.phrases]
    words = [_word_term(word) for word in query.words]
    prefixes = [_term(prefix, re.escape(prefix), open_end=True) for prefix in query.prefixes]
    return (*phrases, *words, *prefixes)


def _term(anchor: str, pattern: str, *, open_end: bool = False) -> _Term:
    if _UNSPACED.search(pattern):
        return _Term(pattern, anchor, re.compile(pattern), bounded=False)
    ending = r"[^\W_]*" if open_end else r"(?![^\W_])"
    return _Term(pattern, anchor, re.compile(f"(?:{pattern}){ending}"), bounded=True)


def _word_term(word: str) -> _Term:
    """The word and its plain English forms, since search by words finds those too."""
    if not _INFLECTED.fullmatch(word):
        return _term(word, re.escape(word))
    if word.endswith(("ies", "ied")) or re.search("[^aeiou]y$", word):
        stem = re.sub("(?:ies|ied|y)$", "", word)
        return _term(stem, f"{stem}(?:y|ies|ied|ying)")
    bases = {word} | {
        word.removesuffix(ending)
        for ending in ("s", "es", "d", "ed", "ing")
        if word.endswith(ending) and len(word) - len(ending) >= _SHORTEST_STEM
    }
    longest_first = sorted(bases, key=len, reverse=True)
    return _term(longest_first[-1], f"(?:{'|'.join(longest_first)})(?:s|es|d|ed|ing)?")
