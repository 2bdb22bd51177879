"""docs/faults.md as a program reads it: numbered rows, and the tests that each of them names."""

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[3]
PAGE = ROOT / "docs" / "faults.md"

_ROW = re.compile(r"^\| (?P<number>[A-Z]\d+) \| (?P<fault>[^|]+) \|")
_PYTHON = re.compile(r"`(?P<file>[\w/]+\.py)::(?P<name>test_\w+)`")
_WEB = re.compile(r'`(?P<file>[\w/]+\.test\.tsx?)` "(?P<name>[^"]+)"')


@dataclass(frozen=True, slots=True)
class Row:
    """One fault and the tests that show what happens: files below `backend/tests` and
    `frontend/src`, each with a name."""

    number: str
    fault: str
    python: tuple[tuple[str, str], ...]
    web: tuple[tuple[str, str], ...]


def rows(text: str | None = None) -> list[Row]:
    """All rows of the page, in their order."""
    lines = (PAGE.read_text() if text is None else text).splitlines()
    return [
        Row(
            match["number"],
            match["fault"].strip(),
            tuple((name["file"], name["name"]) for name in _PYTHON.finditer(line)),
            tuple((name["file"], name["name"]) for name in _WEB.finditer(line)),
        )
        for line in lines
        if (match := _ROW.match(line))
    ]


def missing(row: Row) -> list[str]:
    """Tests that the row names and nobody has written."""
    found = []
    for file, name in row.python:
        path = ROOT / "backend" / "tests" / file
        if not path.is_file() or not re.search(
            rf"^\s*(async )?def {name}\(", path.read_text(), re.M
        ):
            found.append(f"{file}::{name}")
    for file, name in row.web:
        path = ROOT / "frontend" / "src" / file
        if not path.is_file() or f'"{name}"' not in path.read_text():
            found.append(f"{file} {name}")
    return found
