"""Sparse vectors: which words meet, and what they weigh."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docuvault.search.sparse import SparseEncoder
from docuvault.search.vectors.base import SparseVector


@pytest.fixture(scope="module")
def encoder() -> SparseEncoder:
    return SparseEncoder(128)


def meet(encoder: SparseEncoder, query: str, document: str) -> bool:
    wanted = encoder.encode_query(query).indices
    return not set(wanted).isdisjoint(encoder.encode_document(document).indices)


@pytest.mark.parametrize(
    ("query", "document"),
    [
        ("run", "Running late"),
        ("contracts", "the CONTRACT"),
        ("cafe", "Ein Café"),
        ("CAFÉ", "ein cafe\u0301"),
        ("Strasse", "Lange Straße 5"),
        ("uber", "Über uns"),
        ("ete", "en été"),
        ("école", "L'ECOLE"),
        ("office", "oﬃce"),
        ("2024", "INV-2024/001"),
        ("inv-2024/001", "Rechnung 001"),
        ("1234", "EUR 1234.56"),
        ("東京", "東京都に住む"),
        ("住む", "東京都に住む"),
        ("猫", "私の猫です"),
        ("测试", "中文测试文件"),
        ("문서", "한국어 문서를 찾다"),
        ("ガス", "東京ガス株式会社"),
        ("snake", "snake_case"),
    ],
)
def test_words_that_meet(encoder: SparseEncoder, query: str, document: str) -> None:
    assert meet(encoder, query, document)


@pytest.mark.parametrize(
    ("query", "document"),
    [
        ("cat", "scattered"),
        ("the", "the lease and the tenant"),
        ("京大", "東京都と大阪"),
        ("2024", "20245"),
        ("rent", "lease"),
    ],
)
def test_words_that_do_not_meet(encoder: SparseEncoder, query: str, document: str) -> None:
    assert not meet(encoder, query, document)


@pytest.mark.parametrize("text", ["", "  \n", "the and of", "...!?", "😀", "\x00", "\u0301"])
def test_text_without_words_gives_an_empty_vector(encoder: SparseEncoder, text: str) -> None:
    assert encoder.encode_document(text) == SparseVector((), ())
    assert encoder.encode_query(text) == SparseVector((), ())


def test_a_word_of_a_query_weighs_one_however_often_it_is_said(encoder: SparseEncoder) -> None:
    assert encoder.encode_query("rent Rent RENTS").values == (1.0,)


def test_words_weigh_more_the_more_often_and_the_shorter_the_text(encoder: SparseEncoder) -> None:
    rent = encoder.encode_query("rent").indices[0]

    def weight(text: str) -> float:
        vector = encoder.encode_document(text)
        return dict(zip(vector.indices, vector.values, strict=True))[rent]

    assert weight("rent rent garage") > weight("rent garage") > weight("rent " + "garage " * 200)
    assert weight("rent " * 1000) < 2.2


def test_the_usual_length_sets_what_counts_as_long() -> None:
    short, long = SparseEncoder(10), SparseEncoder(1000)
    text = "rent garage door " * 20
    assert max(short.encode_document(text).values) < max(long.encode_document(text).values)


def test_a_flood_of_text_takes_little_time(encoder: SparseEncoder) -> None:
    begun = time.perf_counter()
    for text in ("word " * 1_000_000, "x" * 5_000_000, "漢" * 3_000_000):
        encoder.encode_document(text)
        encoder.encode_query(text)
    assert time.perf_counter() - begun < 5


@settings(deadline=None)
@given(st.text(max_size=500))
def test_any_text_gives_a_sound_vector(encoder: SparseEncoder, text: str) -> None:
    for vector in (encoder.encode_document(text), encoder.encode_query(text)):
        assert len(set(vector.indices)) == len(vector.indices) == len(vector.values)
        assert all(0 <= index < 2**32 for index in vector.indices)
        assert all(0 < value < 3 for value in vector.values)
    assert set(encoder.encode_query(text).indices) <= set(encoder.encode_document(text).indices)
