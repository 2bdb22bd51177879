"""Measured tables in docs/performance.md, each between marks of its own."""

import re
import sys

from tests.conftest import ROOT

PAGE = ROOT / "docs" / "performance.md"


def write_between_marks(mark: str, report: str) -> None:
    """Put the report between `<!-- mark -->` and `<!-- /mark -->`; ends when they are not there."""
    page = PAGE.read_text()
    marked = _find(mark, page)
    PAGE.write_text(f"{page[: marked.start(1)]}\n{report}\n{page[marked.end(1) :]}")


def between_marks(mark: str) -> str:
    """What stands between the marks now; ends when they are not there."""
    return _find(mark, PAGE.read_text())[1]


def _find(mark: str, page: str) -> re.Match[str]:
    marked = re.search(rf"<!-- {mark} -->\n(.*?)<!-- /{mark} -->", page, re.S)
    if marked is None:
        sys.exit(f"{PAGE} has no marks <!-- {mark} --> to write between.")
    return marked
