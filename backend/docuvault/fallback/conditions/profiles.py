"""Which fields a condition may ask about, and of what kind they are."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from docuvault.fallback.conditions.lexer import KEYWORDS

_FIELD = re.compile(r"[a-z_][a-z0-9_]*")


class FieldKind(StrEnum):
    """A number, a text, or any number of texts of which one has to match."""

    NUMBER = "number"
    TEXT = "text"
    TEXTS = "texts"


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """The fields that one kind of condition may ask about, by name."""

    name: str
    fields: Mapping[str, FieldKind]

    def __post_init__(self) -> None:
        for field in self.fields:
            if not _FIELD.fullmatch(field) or field in KEYWORDS:
                raise ValueError(f"A condition cannot name a field {field!r}.")

    def extended(self, name: str, fields: Mapping[str, FieldKind]) -> "Profile":
        """A profile with these fields besides."""
        return Profile(name, MappingProxyType({**self.fields, **fields}))


TRIGGERS = Profile(
    "triggers",
    MappingProxyType(
        {
            "severity": FieldKind.NUMBER,
            "recurrence_count": FieldKind.NUMBER,
            "confidence": FieldKind.NUMBER,
            "step": FieldKind.NUMBER,
            "duration": FieldKind.NUMBER,
        }
    ),
)

ROUTING = TRIGGERS.extended(
    "routing",
    {
        "filename": FieldKind.TEXT,
        "extension": FieldKind.TEXT,
        "title": FieldKind.TEXT,
        "mime": FieldKind.TEXT,
        "family": FieldKind.TEXT,
        "language": FieldKind.TEXT,
        "topic": FieldKind.TEXTS,
        "size_bytes": FieldKind.NUMBER,
        "page_count": FieldKind.NUMBER,
        "character_count": FieldKind.NUMBER,
    },
)

VIEWS = ROUTING.extended(
    "views",
    {
        "status": FieldKind.TEXT,
        "age_days": FieldKind.NUMBER,
    },
)
