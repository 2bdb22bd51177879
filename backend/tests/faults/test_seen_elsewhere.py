"""Faults of other systems that a look at the sources rules out here."""

import ast
import re
from itertools import combinations
from pathlib import Path

from tests.faults.page import ROOT

PACKAGE = ROOT / "backend" / "docuvault"
WEB = ROOT / "frontend" / "src"
_ENUMS = {"Enum", "StrEnum", "IntEnum"}


def enums(source: str) -> dict[str, frozenset[str]]:
    """The enums of a module with the values of their members."""
    return {
        node.name: frozenset(
            ast.unparse(member.value) for member in node.body if isinstance(member, ast.Assign)
        )
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.ClassDef)
        and any(isinstance(base, ast.Name) and base.id in _ENUMS for base in node.bases)
    }


def twins(sources: dict[Path, str]) -> list[str]:
    """Enums with the same members, or of one name and with a member in common."""
    seen = [
        (path, name, members)
        for path, source in sorted(sources.items())
        for name, members in enums(source).items()
    ]
    return [
        f"{path.name}: {name}, {other.name}: {other_name}"
        for (path, name, members), (other, other_name, others) in combinations(seen, 2)
        if members == others or (name == other_name and members & others)
    ]


def test_no_enum_has_a_twin() -> None:
    """Two copies drift apart, and comparing members of both is silently false."""
    assert twins({path: path.read_text() for path in PACKAGE.rglob("*.py")}) == []


def test_a_twin_is_noticed() -> None:
    one = "class A(StrEnum):\n    X = 'x'\n    Y = 'y'\n"
    assert twins({Path("a.py"): one, Path("b.py"): one.replace("A(", "B(")}) == ["a.py: A, b.py: B"]
    assert twins({Path("a.py"): one, Path("b.py"): "class A(Enum):\n    X = 'x'\n"}) == [
        "a.py: A, b.py: A"
    ]
    assert twins({Path("a.py"): one, Path("b.py"): "class A(Enum):\n    Z = 1\n"}) == []


def test_the_ui_has_no_types_of_answers_of_its_own() -> None:
    """What it reads is what the API's description holds, and `make check` compiles it."""
    types = (WEB / "api" / "types.ts").read_text()
    assert re.findall(r"^export (?:interface|class)", types, re.M) == []
    by_hand = [
        line
        for line in re.findall(r"^export type .*", types, re.M)
        if "Schemas[" not in line and "(typeof " not in line
    ]
    assert by_hand == []
