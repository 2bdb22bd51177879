"""Snippets: the right window, clean cuts, and ranges that point at what they claim."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from docuvault.domain.text import fold, without_nul, words
from docuvault.search.query import parse_query
from docuvault.search.snippets import _UNFOLDED, ELLIPSIS, LENGTH, Snippet, _folded, make_snippet

FILLER = "Lorem ipsum dolor sit amet, consetetur sadipscing elitr. " * 20


def marked(snippet: Snippet) -> list[str]:
    return [snippet.text[start:end] for start, end in snippet.highlights]


def snippet_of(text: str, query: str, span: tuple[int, int] | None = None) -> Snippet:
    return make_snippet(text, parse_query(query), span)


def test_a_short_page_is_shown_whole() -> None:
    assert snippet_of("The lease\n\n ends  in May.", "lease") == Snippet(
        "The lease ends in May.", ((4, 9),)
    )


def test_nothing_to_show() -> None:
    assert snippet_of("", "lease") == Snippet("", ())
    assert snippet_of(" \n ", "lease", (0, 3)) == Snippet("", ())
    assert snippet_of("text", "") == Snippet("text", ())


@pytest.mark.parametrize(
    ("text", "query", "expected"),
    [
        ("Ein CAFÉ und ein cafe\u0301!", "café", ["CAFÉ", "cafe\u0301"]),
        ("Die Straße, die STRASSE", "strasse", ["Straße", "STRASSE"]),
        ("office and oﬃce", "office", ["office", "oﬃce"]),
        ("İstanbul İzmir", "izmir", ["İzmir"]),
        ("the cat scattered", "cat", ["cat"]),
        ("snake_case", "case", ["case"]),
        ("contract, contracting; contractual", "contracts", ["contract", "contracting"]),
        ("a policy of policies", "policies", ["policy", "policies"]),
        ("invoice invoiced invoices", "invoice", ["invoice", "invoiced", "invoices"]),
        ("a note is not noted", "note", ["note", "noted"]),
        ("the final\n  notice, final; notice", '"final notice"', ["final notice", "final; notice"]),
        ("a notice that is final", '"final notice"', []),
        ("contractual contr extracontr", "contr*", ["contractual", "contr"]),
        ("東京都に住む", "東京", ["東京"]),
        ("한국어 문서를 찾다", "문서", ["문서"]),
        ("😀 lease 😀", "lease", ["lease"]),
        ("lease draft", "lease -draft", ["lease"]),
        ("C++ (R&D)", '"r d" c', ["C", "R&D"]),
    ],
)  # fmt: skip
def test_what_is_highlighted(text: str, query: str, expected: list[str]) -> None:
    assert marked(snippet_of(text, query)) == expected


def test_the_window_goes_where_the_most_different_words_are() -> None:
    page = f"{FILLER}rent rent rent rent {FILLER}the rent of the garage in May {FILLER}garage"
    snippet = snippet_of(page, "rent garage may")
    assert marked(snippet) == ["rent", "garage", "May"]
    assert snippet.text.startswith(ELLIPSIS)
    assert snippet.text.endswith(ELLIPSIS)
    assert LENGTH - 60 <= len(snippet.text) <= LENGTH + 2


def test_cuts_lie_between_words() -> None:
    page = f"{FILLER} garage {FILLER}"
    inner = snippet_of(page, "garage").text.strip(ELLIPSIS)
    assert f" {inner} " in " ".join(page.split())


def test_a_found_chunk_is_shown_from_its_best_part() -> None:
    page = f"rent garage {FILLER}[start] {FILLER} the garage door {FILLER}"
    start = page.index("[start]")
    snippet = snippet_of(page, "garage rent", (start, len(page)))
    assert marked(snippet) == ["garage"]
    assert "garage door" in snippet.text


def test_a_chunk_found_by_meaning_is_shown_from_its_beginning() -> None:
    page = f"{FILLER}Here it begins. {FILLER}"
    start = page.index("Here it")
    snippet = snippet_of(page, "absent words", (start, start + 500))
    assert snippet.text.startswith(f"{ELLIPSIS}Here it begins. Lorem")
    assert snippet.highlights == ()


def test_words_in_sight_are_highlighted_even_outside_of_the_chunk() -> None:
    page = "A lease. Then the chunk."
    assert marked(snippet_of(page, "lease", (page.index("Then"), len(page)))) == ["lease"]


def test_a_match_longer_than_the_snippet_is_cut_with_it() -> None:
    snippet = snippet_of("x" * 1000, "xxx*")
    assert snippet == Snippet("x" * LENGTH + ELLIPSIS, ((0, LENGTH),))
    wide = snippet_of("one " + ". " * 400 + " two", '"one two"')
    assert wide.highlights == ((0, len(wide.text) - 1),)


def test_large_pages_take_no_time() -> None:
    begun = time.perf_counter()
    for page in (
        "word " * 400_000,
        "x" * 2_000_000,
        "ﬃ" * 500_000,
        "\n" * 2_000_000,
        "a" * 99 + FILLER,
    ):
        snippet_of(page, 'word x* ffi "a a a a" -b absent', (10, 900))
    assert time.perf_counter() - begun < 1
    snippet_of("word " * 400_000, "absent other")
    assert time.perf_counter() - begun < 4


SCRIPTS = st.text(
    alphabet=st.one_of(
        st.sampled_from(list("abcABC  \n.ßÉé\u0301ﬁİ東京한漢😀ŉΣς\u0345½ﷺ")), st.characters()
    ),
    max_size=600,
)


@settings(deadline=None)
@given(SCRIPTS, SCRIPTS, st.integers(0, 600), st.integers(0, 600))
def test_ranges_are_in_order_inside_and_apart(page: str, query: str, start: int, size: int) -> None:
    for span in (None, (min(start, len(page)), min(start + size, len(page)))):
        snippet = snippet_of(page, query, span)
        assert len(snippet.text) <= LENGTH + 2
        assert "\n" not in snippet.text
        if span is None:
            assert snippet.text.strip(ELLIPSIS) in " ".join(page.split())
        end = 0
        for first, last in snippet.highlights:
            assert end <= first < last <= len(snippet.text)
            end = last


@settings(deadline=None)
@given(SCRIPTS, st.integers(0, 50))
def test_any_word_of_a_page_is_found_and_highlighted(page: str, choice: int) -> None:
    page = without_nul(page)
    typed = [w for w in page.split() if words(w)]
    if not typed:
        return
    wanted = typed[choice % len(typed)]
    query = parse_query(f'"{wanted}"')
    if len(wanted) > 60 or query.is_empty or '"' in wanted:
        return
    snippet = make_snippet(page, query)
    goal = [*query.words, *(w for phrase in query.phrases for w in phrase)]
    assert any(fold(piece).find(goal[0]) >= 0 for piece in marked(snippet))


def test_what_folding_leaves_out_is_folded_already() -> None:
    passed = [chr(code) for code in range(0x80, 0x30000) if not _UNFOLDED.match(chr(code))]
    assert len(passed) > 20_000
    assert [character for character in passed if fold(character) != character] == []


@settings(deadline=None)
@given(SCRIPTS)
def test_folding_piece_by_piece_is_folding(text: str) -> None:
    folded, positions = _folded(text)
    assert folded == fold(text)
    for position, character in enumerate(folded):
        assert character in fold(text[positions.original(position)])
