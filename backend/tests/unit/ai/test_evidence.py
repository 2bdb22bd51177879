"""Evidence: plain lines of the document's own text, and a sentence that claims no more."""

from docuvault.ai.evidence import MAX_PASSAGES, explain, passages, readable
from tests.unit.ai.making import BILL


def test_passages_are_whole_sentences_of_the_text() -> None:
    found = passages(BILL, ["Bills amount due"])
    assert all(passage in BILL for passage in found)
    assert found[0] == "Amount due: 182.40 EUR."


def test_words_shared_with_the_topic_come_first_then_the_order_of_the_text() -> None:
    text = "The first line of all. The second line of all. A line about kangaroos here."
    assert passages(text, ["Kangaroos"]) == [
        "A line about kangaroos here.",
        "The first line of all.",
        "The second line of all.",
    ]


def test_passages_are_few_short_and_different() -> None:
    text = (
        "The same sentence comes again. " * 50
        + ("word " * 400)
        + "\n\n".join(f"Sentence number {number} of the text." for number in range(99))
    )
    found = passages(text, [])
    assert len(found) == MAX_PASSAGES == len(set(found))
    assert max(map(len, found)) <= 220


def test_a_text_without_sentences_has_no_passages() -> None:
    assert passages("", ["x"]) == []
    assert passages("a. b. c.\n\n\n", ["x"]) == []


def test_lines_are_made_safe_to_show() -> None:
    assert readable("a\x00b\x1b[31m\u202ec\n\t d\u200b", 99) == "a b [31m c d"
    assert readable("one two three", 9) == "one two…"
    assert len(readable("x" * 500, 100)) <= 100


def test_the_sentence_says_what_was_compared() -> None:
    assert explain(0.414, 0, None) == (
        "Compared with the topic's name and description (likeness 0.41)."
    )
    assert explain(0.5, 1, "Pay now.") == (
        "Compared with 1 document filed here (likeness 0.50); nearest passage: “Pay now.”"
    )
    assert "12 documents filed here" in explain(-0.2, 12, None)
    assert "likeness 0.00" in explain(-0.2, 12, None)
