"""Making text fit to be kept: one kind of newline, no controls, no lone surrogates."""

import re
from collections.abc import Mapping

from docuvault.domain.text import without_nul

_NEWLINES = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1f\x7f]")
_SPACES = re.compile(r"\s+")
_METADATA_CHARACTERS = 500


def clean(text: str) -> str:
    """The text with line breaks as U+000A and without characters that nobody can see or keep."""
    return without_nul(_CONTROLS.sub("", _NEWLINES.sub("\n", text)))


def clean_metadata(metadata: Mapping[str, str | None]) -> dict[str, str]:
    """Entries as short single lines; those without anything to say are left out."""
    lines = (
        (key, _SPACES.sub(" ", clean(value)).strip()[:_METADATA_CHARACTERS])
        for key, value in metadata.items()
        if value
    )
    return {key: line for key, line in lines if line}
