"""Routing rules: what they may do, and titles that are made of a pattern."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

MAX_RULES = 200
MAX_NAME = 100
MAX_TITLE = 255

_FIELD = re.compile(r"\{([^{}]*)\}")


class TitleField(StrEnum):
    """What a pattern of a title may name in curly brackets."""

    TITLE = "title"
    FILENAME = "filename"
    TOPIC = "topic"
    DATE = "date"


@dataclass(frozen=True, slots=True)
class RuleActions:
    """What happens to a document that a rule holds for."""

    topic_ids: tuple[UUID, ...] = ()
    title: str | None = None
    needs_review: bool = False

    def __bool__(self) -> bool:
        return bool(self.topic_ids or self.title or self.needs_review)


def title_fault(pattern: str) -> str | None:
    """What is wrong with a pattern, as a sentence; None when it can be used."""
    known = ", ".join(f"{{{field}}}" for field in TitleField)
    for match in _FIELD.finditer(pattern):
        if match.group(1) not in set(TitleField):
            return f"There is no {match.group()}; there are {known}."
    if re.search(r"[{}]", _FIELD.sub("", pattern)):
        return f"Curly brackets stand only around a name: {known}."
    return None


def filled_title(pattern: str, values: Mapping[TitleField, str]) -> str:
    """The title that the pattern makes: single spaces, at most 255 characters; may be empty.

    A field without a value leaves nothing.
    """

    def value(match: re.Match[str]) -> str:
        name = match.group(1)
        return values.get(TitleField(name), "") if name in set(TitleField) else match.group()

    return " ".join(_FIELD.sub(value, pattern).split())[:MAX_TITLE].rstrip()
