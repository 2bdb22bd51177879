"""What an extractor is: a file goes in, numbered pages of text come out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Limits:
    """What one file may cost inside the child process."""

    max_pages: int
    max_characters: int
    max_unpacked_bytes: int


@dataclass(frozen=True, slots=True)
class ExtractedPage:
    """One page of text; `number` counts from 1, and formats without pages have one or more."""

    number: int
    text: str


@dataclass(frozen=True, slots=True)
class ExtractedDocument:
    """All that was read of a file.

    `page_count` counts the pages of the file, also those left out by a limit. `metadata` holds
    plain strings such as `title`, `author`, `subject`, `created`. `warnings` are stable words such
    as `page_limit`, `truncated`, `active_content`, `has_macros`, `unsafe_path`.
    """

    pages: tuple[ExtractedPage, ...]
    page_count: int
    metadata: Mapping[str, str] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    @property
    def character_count(self) -> int:
        """Characters over all pages."""
        return sum(len(page.text) for page in self.pages)


class Extractor(Protocol):
    """One family of formats. Runs inside the child process only, so it may be synchronous.

    `extract` raises `ProcessingFailed` with `corrupt_file`, `encrypted`, `expansion_limit`,
    `archive_bomb` or `nesting_limit`; any other exception counts as `corrupt_file`.
    """

    media_types: frozenset[str]

    def score(self, media_type: str) -> int:
        """How well this extractor reads the type; 0 not at all, the highest bid wins."""
        ...

    def extract(self, path: Path, media_type: str, limits: Limits) -> ExtractedDocument:
        """Read the file within the limits."""
        ...
