"""The pages say what the code does: routes, error codes, rooms, decisions, verbs, links."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from fastapi import FastAPI
from starlette.exceptions import HTTPException
from starlette.requests import Request

from docuvault.api.app import create_app
from docuvault.config.settings import Settings
from docuvault.domain import errors
from docuvault.domain.errors import SENTENCES, DocuVaultError, ErrorCode

ROOT = Path(__file__).parents[3]
PACKAGE = ROOT / "backend" / "docuvault"
DECISIONS = ROOT / "docs" / "decisions"
PAGES = sorted(
    {*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "docker").rglob("*.md")}
)

# What a decision has, in this order, and how long it may be.
SECTIONS = ["Context", "Decision", "Consequences", "Alternatives", "Enforced by"]
SCREEN = 50
# Statuses that any route may answer; the page names them once.
ANYWHERE = {"400", "405", "413", "415", "422", "500", "503", "507"}
# Errors of these rooms end stages, not requests.
BEHIND_THE_QUEUE = {"ai", "extraction", "pipeline"}
# Where a path in a page may begin.
ROOTS = (ROOT, ROOT / "backend", PACKAGE)


def short(path: Path) -> str:
    return str(path.relative_to(ROOT))


def without_code(page: str) -> str:
    """The page without its fenced blocks."""
    return re.sub(r"^```.*?^```$", "", page, flags=re.M | re.S)


def sections(page: str, level: str) -> dict[str, str]:
    """Texts of a page by their headings of one level."""
    parts = re.split(rf"^{level} +(.+)$", without_code(page), flags=re.M)
    return {title.strip(): text for title, text in zip(parts[1::2], parts[2::2], strict=True)}


# --- routes -----------------------------------------------------------------------------------


def operations() -> Iterator[tuple[str, dict[str, Any]]]:
    """Method and path of every route, with what the OpenAPI document says of it."""
    for path, methods in create_app(Settings()).openapi()["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


OPERATIONS = dict(operations())
ROUTES = {
    title.strip("`"): text
    for title, text in sections((ROOT / "docs" / "api.md").read_text(), "###").items()
}


def test_the_api_page_knows_the_routes_and_no_others() -> None:
    assert set(ROUTES) == set(OPERATIONS)


@pytest.mark.parametrize("route", OPERATIONS)
def test_a_route_is_described_with_its_parameters_and_statuses(route: str) -> None:
    operation = OPERATIONS[route]
    parameters = {
        parameter["name"]
        for parameter in operation.get("parameters", [])
        if parameter["in"] == "query"
    }
    body = operation.get("requestBody", {}).get("content", {}).get("multipart/form-data")
    if body is not None:
        parameters |= set(body["schema"]["properties"])
    own = set(operation["responses"]) - (
        ANYWHERE if route.partition(" ")[2] != "/health/ready" else set()
    )

    assert {name for name in parameters if not re.search(rf"`{name}\b", ROUTES[route])} == set()
    assert {status for status in own if not re.search(rf"\b{status}\b", ROUTES[route])} == set()


# --- error codes ------------------------------------------------------------------------------


@cache
def raised() -> dict[ErrorCode, set[type[DocuVaultError] | int]]:
    """By code, the errors that are raised with it and the statuses it is answered with."""
    kinds = {
        name: kind
        for name, kind in vars(errors).items()
        if isinstance(kind, type) and issubclass(kind, DocuVaultError)
    }
    found: dict[ErrorCode, set[type[DocuVaultError] | int]] = {code: set() for code in ErrorCode}
    for path in PACKAGE.rglob("*.py"):
        if path.relative_to(PACKAGE).parts[0] in BEHIND_THE_QUEUE:
            continue
        for call in ast.walk(ast.parse(path.read_text())):
            if isinstance(call, ast.ClassDef) and call.name not in kinds:
                bases = [ast.unparse(base) for base in call.bases]
                for base in set(bases) & set(kinds):
                    for code in _codes_of_a_class(call):
                        found[code].add(kinds[base])
            if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
                continue
            codes = [code for node in call.args for code in _code_named_by(node)]
            if call.func.id == "problem":
                status = call.args[1]
                if codes and isinstance(status, ast.Constant) and isinstance(status.value, int):
                    found[codes[0]].add(status.value)
            elif call.func.id in kinds:
                for code in codes:
                    found[code].add(kinds[call.func.id])
    return found


def _codes_of_a_class(node: ast.ClassDef) -> Iterator[ErrorCode]:
    """The code that a room's own error hands to `super().__init__`."""
    for call in ast.walk(node):
        if isinstance(call, ast.Call) and ast.unparse(call.func) == "super().__init__":
            for argument in call.args:
                yield from _code_named_by(argument)


def _code_named_by(node: ast.expr) -> Iterator[ErrorCode]:
    """The code, if the expression is `ErrorCode.SOMETHING`."""
    if (
        isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "ErrorCode"
    ):
        yield ErrorCode[node.attr]


async def answer(app: FastAPI, error: Exception) -> tuple[int, str]:
    """Status and code with which the HTTP door answers an error."""
    kind = DocuVaultError if isinstance(error, DocuVaultError) else HTTPException
    handler: Any = app.exception_handlers[kind]
    response = await handler(Request({"type": "http", "state": {}}), error)
    code = re.search(rb'"code":"(\w+)"', response.body)
    assert code is not None
    return response.status_code, code.group(1).decode()


async def statuses() -> dict[ErrorCode, set[int]]:
    """By code, every status that it ends a request with."""
    app = create_app(Settings())
    found: dict[ErrorCode, set[int]] = {code: set() for code in ErrorCode}
    for code, answers in raised().items():
        for one in answers:
            if isinstance(one, int):
                found[code].add(one)
            elif one not in (errors.ProcessingFailed, errors.ConfigurationError):
                found[code].add((await answer(app, one(code)))[0])
    for status in (400, 404, 405, 413, 415, 416, 422, 503):
        answered, name = await answer(app, HTTPException(status))
        found[ErrorCode(name)].add(answered)
    return found


async def test_the_table_of_error_codes_is_complete_and_true() -> None:
    table = re.findall(
        r"^\| `(\w+)` \| (\S+) \| (.+) \|$",
        sections((ROOT / "docs" / "api.md").read_text(), "##")["Error codes"],
        flags=re.M,
    )
    true = await statuses()

    assert table == [
        (code.value, ", ".join(map(str, sorted(true[code]))) or "–", SENTENCES[code])
        for code in ErrorCode
    ]


# --- rooms, verbs, decisions --------------------------------------------------------------------


def test_every_room_is_in_the_architecture_page() -> None:
    page = (ROOT / "ARCHITECTURE.md").read_text()
    rooms = {path.parent.name + "/" for path in PACKAGE.glob("*/__init__.py")}

    assert set(re.findall(r"^\| `([\w./]+)` \|", page, flags=re.M)) == rooms


def test_every_verb_is_in_the_contributing_page() -> None:
    page = (ROOT / "CONTRIBUTING.md").read_text()
    verbs = set(re.findall(r"^([a-z0-9-]+):.*## ", (ROOT / "Makefile").read_text(), flags=re.M))

    assert set(re.findall(r"^\| `make ([a-z0-9-]+)` \|", page, flags=re.M)) == verbs


def decision_faults(name: str, text: str) -> list[str]:
    """What is wrong with the page of a decision."""
    number = name[:4]
    parts = sections(text, "##")
    faults = []
    if not re.match(rf"# {number}: \S", text):
        faults.append(f"the title does not begin with '# {number}: '")
    if list(parts) != SECTIONS:
        faults.append(f"the sections are {list(parts)}")
    faults += [f"{title} is empty" for title, part in parts.items() if not part.strip()]
    if text.count("\n") > SCREEN:
        faults.append("it does not fit a screen")
    return faults


NUMBERED = sorted(DECISIONS.glob("[0-9]*.md"))


@pytest.mark.parametrize("path", NUMBERED, ids=lambda path: path.stem)
def test_a_decision_has_all_its_sections(path: Path) -> None:
    assert decision_faults(path.name, path.read_text()) == []


def test_decisions_are_numbered_and_listed() -> None:
    listed = re.findall(r"\]\((\d{4}-[\w-]+\.md)\)", (DECISIONS / "README.md").read_text())

    assert [path.name[:4] for path in NUMBERED] == [
        f"{number:04}" for number in range(1, len(NUMBERED) + 1)
    ]
    assert listed == [path.name for path in NUMBERED]


def test_a_faulty_decision_is_noticed() -> None:
    good = "# 0001: A title\n" + "".join(f"\n## {title}\n\nText.\n" for title in SECTIONS)

    assert decision_faults("0001-a-title.md", good) == []
    assert decision_faults("0002-a-title.md", good)
    assert decision_faults("0001-a-title.md", good.replace("## Alternatives", "## Others"))
    assert decision_faults("0001-a-title.md", good.replace("## Context\n\nText.\n", "## Context\n"))
    assert decision_faults("0001-a-title.md", good + "\n" * SCREEN)


def test_code_names_only_decisions_that_exist() -> None:
    numbers = {path.name[:4] for path in NUMBERED}
    sources = [*PACKAGE.rglob("*.py"), ROOT / "importlinter.toml", ROOT / "docker-compose.yml"]
    named = {
        number
        for path in sources
        for number in re.findall(r"docs/decisions/(\d{4})", path.read_text())
    }

    assert named <= numbers
    assert named


# --- links --------------------------------------------------------------------------------------


def anchors(page: str) -> set[str]:
    """The fragments by which a page's headings can be linked to."""
    titles = re.findall(r"^#+ +(.+)$", without_code(page), flags=re.M)
    plain = (re.sub(r"[^\w\- ]", "", title.lower()) for title in titles)
    return {title.strip().replace(" ", "-") for title in plain}


PLACE = r"`([\w.-]+(?:/[\w.-]+)+)/?`"
# Not there in a fresh copy, `make` makes them.
MADE = {"frontend/node_modules", "build/compose-test"}


def dead_links(path: Path) -> list[str]:
    """Relative links of a page that lead nowhere, and places it names that do not exist."""
    text = without_code(path.read_text())
    dead = []
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"[a-z]+:", link):
            continue
        target, _, fragment = unquote(link).partition("#")
        found = path.parent / target if target else path
        if not found.exists() or (
            fragment and found.suffix == ".md" and fragment not in anchors(found.read_text())
        ):
            dead.append(link)
    return dead + [place for place in re.findall(PLACE, text) if not is_there(place)]


def is_there(place: str) -> bool:
    """Whether a path in a page exists; what begins like none of ours is no path."""
    first = place.partition("/")[0]
    if place in MADE or not any((root / first).exists() for root in ROOTS):
        return True
    return any((root / name).exists() for root in ROOTS for name in (place, f"{place}.py"))


@pytest.mark.parametrize("path", PAGES, ids=short)
def test_links_of_a_page_lead_somewhere(path: Path) -> None:
    assert dead_links(path) == []


def test_a_dead_link_is_noticed(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# A title: one\n"
        "[good](page.md#a-title-one) [web](https://example.org) [self](#a-title-one)\n"
        "[bad](other.md) [worse](page.md#nothing) `search/nothing.py` `search/fusion` `text/html`\n"
        "```\n[not a link](inside-code.md)\n```\n"
    )

    assert dead_links(page) == ["other.md", "page.md#nothing", "search/nothing.py"]


def test_every_page_is_in_the_index() -> None:
    index = (ROOT / "docs" / "README.md").read_text()
    missing = [
        path.name
        for path in (ROOT / "docs").glob("*.md")
        if path.name != "README.md" and f"({path.name})" not in index
    ]

    assert missing == []
