"""The search box: what is typed becomes words, phrases, prefixes and exclusions."""

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from docuvault.domain.text import words
from docuvault.search.query import (
    MAX_CHARACTERS,
    MAX_TERMS,
    MAX_WORD,
    ParsedQuery,
    parse_query,
)

HOSTILE = st.text(
    alphabet=st.one_of(
        st.sampled_from(list("\"-*'()+&|!:~^\\ \t\n\x00%_“”„«»—ﬁßİ́漢字\ud800")), st.characters()
    ),
    max_size=300,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ParsedQuery()),
        ("   \n\t ", ParsedQuery()),
        (
            "Invoice 2024",
            ParsedQuery(words=("invoice", "2024"), text_for_meaning="Invoice 2024"),
        ),
        (
            '"Final  Notice" rent',
            ParsedQuery(
                words=("rent",),
                phrases=(("final", "notice"),),
                text_for_meaning="Final Notice rent",
            ),
        ),
        ("contr*", ParsedQuery(prefixes=("contr",), text_for_meaning="contr")),
        (
            "lease -draft",
            ParsedQuery(words=("lease",), excluded=("draft",), text_for_meaning="lease"),
        ),
        (
            'lease -"in part"',
            ParsedQuery(
                words=("lease",), excluded_phrases=(("in", "part"),), text_for_meaning="lease"
            ),
        ),
        ("-draft", ParsedQuery(excluded=("draft",))),
        ('"one"', ParsedQuery(words=("one",), text_for_meaning="one")),
        ('"not closed', ParsedQuery(phrases=(("not", "closed"),), text_for_meaning="not closed")),
        (
            "„zwei Wörter“",
            ParsedQuery(phrases=(("zwei", "worter"),), text_for_meaning="zwei Wörter"),
        ),
        ("Straße CAFÉ", ParsedQuery(words=("strasse", "cafe"), text_for_meaning="Straße CAFÉ")),
        (
            "INV-2024/001",
            ParsedQuery(words=("inv", "2024", "001"), text_for_meaning="INV-2024/001"),
        ),
        (
            "snake_case-na*",
            ParsedQuery(
                words=("snake", "case"), prefixes=("na",), text_for_meaning="snake_case-na"
            ),
        ),
        ("a* b", ParsedQuery(words=("a", "b"), text_for_meaning="a b")),
        ("*", ParsedQuery()),
        ('- -- *** "" -"" \'', ParsedQuery()),
        ("rent rent RENT", ParsedQuery(words=("rent",), text_for_meaning="rent rent RENT")),
        (
            'say"two words"-no',
            ParsedQuery(
                words=("say",),
                phrases=(("two", "words"),),
                excluded=("no",),
                text_for_meaning="say two words",
            ),
        ),
    ],
)
def test_reading(text: str, expected: ParsedQuery) -> None:
    assert parse_query(text) == expected


def test_exclusions_alone_look_for_nothing() -> None:
    assert parse_query('-a -"b c"').is_empty
    assert not parse_query("x").is_empty
    assert not parse_query('"x y"').is_empty
    assert not parse_query("xy*").is_empty


def test_words_beyond_the_limits_are_left_out() -> None:
    many = parse_query(" ".join(f"w{n}" for n in range(100)))
    assert many.words == tuple(f"w{n}" for n in range(MAX_TERMS))
    assert parse_query(" " * MAX_CHARACTERS + "late") == ParsedQuery()
    long_phrase = parse_query('"' + "a b " * 100 + '"')
    assert len(long_phrase.phrases[0]) == MAX_TERMS


def test_a_word_too_long_for_an_index_is_searched_by_its_beginning() -> None:
    query = parse_query("x" * 300)
    assert query.words == ()
    assert query.prefixes == ("x" * MAX_WORD,)
    assert parse_query("-" + "x" * 300) == ParsedQuery()


@settings(deadline=None)
@given(HOSTILE)
@example('"')
@example('-"*-"')
@example("ﷺ" * 200)
def test_every_text_is_a_query(text: str) -> None:
    query = parse_query(text)
    single = [*query.words, *query.prefixes, *query.excluded]
    everything = [*single, *(w for p in (*query.phrases, *query.excluded_phrases) for w in p)]
    for word in everything:
        assert word
        assert words(word) == [word]
        assert len(word) <= MAX_WORD
        word.encode()
    assert len(everything) <= MAX_TERMS
    assert all(len(phrase) > 1 for phrase in (*query.phrases, *query.excluded_phrases))
    for part in (query.words, query.phrases, query.prefixes, query.excluded):
        assert len(set(part)) == len(part)
    assert bool(query.text_for_meaning) == (not query.is_empty)
    query.text_for_meaning.encode()


@settings(deadline=None)
@given(st.lists(st.text(alphabet="abcdefgäö", min_size=1, max_size=8), min_size=1, max_size=8))
def test_plain_words_come_out_as_they_go_in(typed: list[str]) -> None:
    assert parse_query(" ".join(typed)).words == tuple(dict.fromkeys(words(" ".join(typed))))


def test_reading_takes_no_time_whatever_comes() -> None:
    begun = time.perf_counter()
    for text in ('"' * 100_000, '-"' * 100_000, "*-" * 100_000, "a" * 1_000_000, '" "' * 50_000):
        parse_query(text)
    assert time.perf_counter() - begun < 1
