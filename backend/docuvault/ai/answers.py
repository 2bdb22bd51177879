"""Reads a provider's answer and keeps only what may follow from a document: offered topics."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from docuvault.ai.base import TopicProfile, TopicSuggestion
from docuvault.ai.evidence import readable
from docuvault.ai.provider import UnusableAnswer
from docuvault.domain.text import fold, without_nul

MAX_ANSWER_CHARACTERS = 64 * 1024

_REASON_CHARACTERS = 300
_NO_REASON = "The provider gave no reason."
# Text before the object may hold braces too; beyond a few the answer is not worth reading.
_OBJECT_STARTS = 8


@dataclass(frozen=True, slots=True)
class ParsedAnswer:
    """Usable suggestions, best first, and how many entries had to be dropped."""

    suggestions: tuple[TopicSuggestion, ...]
    dropped: int


def parse_answer(text: str, topics: Mapping[str, TopicProfile]) -> ParsedAnswer:
    """The suggestions in an answer; `topics` are the offered ones under the names used there.

    Entries with unknown topics or without a number are dropped, confidences are brought into
    0..1, a topic named twice keeps its best. Raises UnusableAnswer when there is no such object.
    """
    if len(text) > MAX_ANSWER_CHARACTERS:
        raise UnusableAnswer("The answer was far too long.")
    entries = _entries(text)
    names = {**{fold(topic.name): topic for topic in topics.values()}, **topics}
    best: dict[UUID, TopicSuggestion] = {}
    dropped = 0
    for entry in entries:
        suggestion = _suggestion(entry, names)
        if suggestion is None:
            dropped += 1
            continue
        known = best.get(suggestion.topic_id)
        if known is None or suggestion.confidence > known.confidence:
            best[suggestion.topic_id] = suggestion
    ordered = sorted(best.values(), key=lambda suggestion: -suggestion.confidence)
    return ParsedAnswer(tuple(ordered), dropped)


def _entries(text: str) -> list[Any]:
    for found in _objects(text):
        entries = found.get("topics")
        if isinstance(entries, list):
            return entries
    raise UnusableAnswer('There was no JSON object with a list "topics".')


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """JSON objects in a text, which models like to wrap in words or code fences."""
    decoder = json.JSONDecoder()
    start = text.find("{")
    for _ in range(_OBJECT_STARTS):
        if start < 0:
            return
        end = start + 1
        try:
            value, end = decoder.raw_decode(text, start)
            if isinstance(value, dict):
                yield value
        except (ValueError, RecursionError):
            pass  # not an object here; perhaps at the next brace
        start = text.find("{", end)


def _suggestion(entry: Any, names: Mapping[str, TopicProfile]) -> TopicSuggestion | None:
    if not isinstance(entry, dict):
        return None
    name, confidence, reason = (entry.get(key) for key in ("topic", "confidence", "reason"))
    topic = names.get(name) or names.get(fold(name)) if isinstance(name, str) else None
    share = _share(confidence)
    if topic is None or share is None:
        return None
    said = readable(without_nul(reason), _REASON_CHARACTERS) if isinstance(reason, str) else ""
    return TopicSuggestion(topic.id, share, said or _NO_REASON)


def _share(value: Any) -> float | None:
    """The number within 0..1; None for what is no number, as JSON's NaN or Python's True."""
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        return None
    return float(min(max(value, 0), 1))
