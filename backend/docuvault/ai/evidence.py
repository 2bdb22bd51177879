"""Says why a topic was proposed: the passage of the document that is nearest to it."""

import re
from collections.abc import Sequence

from docuvault.domain.text import words

# Enough to find a telling sentence near the start; each costs about two milliseconds.
MAX_PASSAGES = 6

_HEAD_CHARACTERS = 4000
_LEAST_CHARACTERS = 20
_MOST_CHARACTERS = 220
_BREAK = re.compile(r"(?<=[.!?])\s+(?=\S)|\n\s*\n|\r")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069\ufeff]+")


def readable(text: str, limit: int) -> str:
    """One line of plain text: no control or direction characters, cut at a word to `limit`."""
    line = " ".join(_CONTROL.sub(" ", text).split())
    if len(line) <= limit:
        return line
    return line[: limit - 1].rsplit(" ", 1)[0].rstrip(" ,;:") + "…"


def passages(text: str, topic_texts: Sequence[str]) -> list[str]:
    """A few sentences of the text's head, those that share words with the topics first."""
    wanted = {word for topic in topic_texts for word in words(topic) if len(word) > 3}
    found: dict[str, int] = {}
    for part in _BREAK.split(text[:_HEAD_CHARACTERS]):
        line = readable(part, _MOST_CHARACTERS)
        if len(line) >= _LEAST_CHARACTERS:
            found.setdefault(line, len(wanted.intersection(words(line))))
    return sorted(found, key=lambda line: -found[line])[:MAX_PASSAGES]


def explain(cosine: float, examples: int, passage: str | None) -> str:
    """The sentence for people."""
    likeness = f"{max(cosine, 0.0):.2f}"
    if examples:
        documents = "1 document" if examples == 1 else f"{examples} documents"
        reason = f"Compared with {documents} filed here (likeness {likeness})"
    else:
        reason = f"Compared with the topic's name and description (likeness {likeness})"
    return f"{reason}; nearest passage: “{passage}”" if passage else f"{reason}."
