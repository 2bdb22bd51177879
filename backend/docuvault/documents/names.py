"""File names as people gave them, made safe to keep and to show."""

import re
from pathlib import PurePosixPath

from docuvault.domain.text import without_nul

MAX_LENGTH = 255
_UNTITLED = "untitled"
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def clean_name(raw: str) -> str:
    """The last part of a path without control characters, at most 255 characters; never empty."""
    name = _CONTROL.sub("", without_nul(raw).replace("\\", "/").rstrip("/").rpartition("/")[2])
    name = name.strip()
    if not name.strip("."):
        return _UNTITLED
    if len(name) > MAX_LENGTH:
        extension = PurePosixPath(name).suffix[:20]
        name = name[: MAX_LENGTH - len(extension)] + extension
    return name


def extension_of(name: str) -> str:
    """The extension with its dot in lower case; empty when there is none."""
    return PurePosixPath(name).suffix.lower()


def title_from(name: str) -> str:
    """A first title: the name without its extension, underscores read as spaces."""
    stem = PurePosixPath(name).stem.replace("_", " ").strip()
    return stem or name
