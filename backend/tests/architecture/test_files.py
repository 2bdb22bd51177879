"""Files stay small, say what they are for, and carry no forbidden names."""

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
SOURCES = sorted((ROOT / "backend" / "docuvault").rglob("*.py"))
LIMIT = 400
FORBIDDEN = {"utils", "util", "helpers", "helper", "common", "core", "misc"}


def short(path: Path) -> str:
    return str(path.relative_to(ROOT))


@pytest.mark.parametrize("path", SOURCES, ids=short)
def test_a_file_is_small_and_introduces_itself(path: Path) -> None:
    text = path.read_text()
    limit = LIMIT if "migrations/versions" not in str(path) else 10 * LIMIT

    assert text.count("\n") <= limit
    assert ast.get_docstring(ast.parse(text)), "a module says in one sentence what its job is"


def test_no_room_has_a_name_that_says_nothing() -> None:
    named = {path for path in SOURCES if {path.stem, path.parent.name} & FORBIDDEN}

    assert not named


def test_the_files_of_the_web_ui_are_small() -> None:
    for path in (ROOT / "frontend" / "src").rglob("*.ts*"):
        if "generated" not in path.parts:
            assert path.read_text().count("\n") <= LIMIT, path


def test_nothing_names_a_registry_or_a_machine() -> None:
    registry = re.compile(
        r'"resolved": *"http|^ *(--)?(extra-)?index-url|registry *= *"?http', re.M
    )
    for path in [*ROOT.glob("requirements/*"), ROOT / "frontend" / "package-lock.json"]:
        assert not registry.search(path.read_text()), path
