"""Cuts a page into overlapping chunks that fit the embedding model, at the best places to cut."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from threading import Lock

from semantic_text_splitter import TextSplitter
from tokenizers import Tokenizer

from docuvault.search.positions import Positions

# Tokenizers call any word beyond 100 characters one unknown token; a chunk of them would have no
# bound, so long words count by their length.
_LONG_WORD = 100
_CHARACTERS_PER_TOKEN = 4
_REMEMBERED_WORDS = 50_000
# The splitter's time grows with the square of what it finds no place to cut in, be it a run of
# white space, a run without any, or a text without sentences.
_BLOCK = 50_000
_RUN = re.compile(r"\s{3,}|\S{1000}")


@dataclass(frozen=True, slots=True)
class TextSpan:
    """A stretch of a text: characters from `start` up to `end`."""

    start: int
    end: int


class Chunker:
    """Cuts page texts; chunks of the same text are always the same.

    `chunk_tokens` is the most a chunk holds and `overlap` what neighbours share at the most, both
    in tokens of the model without its special ones.
    """

    def __init__(self, tokenizer: Tokenizer | Path, chunk_tokens: int, overlap: int) -> None:
        self._tokenizer = (
            Tokenizer.from_file(str(tokenizer))
            if isinstance(tokenizer, Path)
            else Tokenizer.from_str(tokenizer.to_str())
        )
        # As shipped it cuts and pads every text to one length.
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._known: dict[str, int] = {}
        # The tokenizer is asked from inside the splitter, and documents are cut at the same time.
        self._turn = Lock()
        self._splitter = TextSplitter.from_callback(
            self._count_tokens, chunk_tokens, overlap=overlap
        )

    def chunk_page(self, text: str) -> list[TextSpan]:
        """Where the chunks lie in the text, in order; none are empty, white space has none."""
        with self._turn:
            return self._cut(text)

    def _cut(self, text: str) -> list[TextSpan]:
        evened, positions = _evened(text)
        spans = []
        for block_start, block in _blocks(evened):
            for chunk_start, chunk in self._splitter.chunk_indices(block):
                stripped = chunk.strip()
                if stripped:
                    first = block_start + chunk_start + chunk.index(stripped)
                    last = first + len(stripped) - 1
                    spans.append(TextSpan(positions.original(first), positions.original(last) + 1))
        return spans

    def _count_tokens(self, text: str) -> int:
        # Word by word, as the model's tokenizer works anyway: ten times as fast as asking it for
        # every stretch that the splitter tries.
        known = self._known
        total = 0
        for word in text.split():
            count = known.get(word)
            if count is None:
                count = known[word] = self._count_word(word)
            total += count
        if len(known) > _REMEMBERED_WORDS:
            known.clear()
        return total

    def _count_word(self, word: str) -> int:
        tokens = len(self._tokenizer.encode(word, add_special_tokens=False).ids)
        if len(word) > _LONG_WORD:
            return max(tokens, len(word) // _CHARACTERS_PER_TOKEN)
        return tokens


def _blocks(text: str) -> Iterator[tuple[int, str]]:
    """Stretches of bounded length with their starts, cut where a line or else a word ends."""
    start = 0
    while len(text) - start > _BLOCK:
        limit = start + _BLOCK
        # Endless words are broken by now, so white space is near.
        line, word = text.rfind("\n", start, limit), text.rfind(" ", start, limit)
        end = 1 + (line if line > start + _BLOCK // 2 else max(line, word, start + _BLOCK // 2))
        yield start, text[start:end]
        start = end
    yield start, text[start:]


def _evened(text: str) -> tuple[str, Positions]:
    """The text with wide gaps narrowed and endless words broken."""
    positions = Positions()
    removed = 0

    def evened(run: re.Match[str]) -> str:
        nonlocal removed
        characters = run.group()
        if characters[0].isspace():
            instead = "\n" * min(characters.count("\n"), 2) or " "
        else:
            instead = characters + "\n"
        removed += len(characters) - len(instead)
        positions.shift(run.end() - removed, removed)
        return instead

    return _RUN.sub(evened, text), positions
