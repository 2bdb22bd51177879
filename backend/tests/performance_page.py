"""Writes measured tables into docs/performance.md, each between marks of its own."""

import re
import sys

from tests.conftest import ROOT

PAGE = ROOT / "docs" / "performance.md"


def write_between_marks(mark: str, report: str) -> None:
    """Put the report between `<!-- mark -->` and `<!-- /mark -->`; ends when they are not there."""
    marked = re.compile(rf"(<!-- {mark} -->\n).*?(<!-- /{mark} -->)", re.S)
    page, found = marked.subn(lambda marks: f"{marks[1]}\n{report}\n{marks[2]}", PAGE.read_text())
    if not found:
        sys.exit(f"{PAGE} has no marks <!-- {mark} --> to write between.")
    PAGE.write_text(page)
