"""Ways of finding a document."""

from enum import StrEnum


class Leg(StrEnum):
    """By meaning (dense vectors), by ranked words (BM25), by exact text (full text)."""

    MEANING = "meaning"
    WORDS = "words"
    EXACT = "exact"


class SearchMode(StrEnum):
    """Which legs a search asks; `hybrid` asks all that fit the query."""

    HYBRID = "hybrid"
    MEANING = "meaning"
    WORDS = "words"
    EXACT = "exact"
