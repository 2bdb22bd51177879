"""What the product is made of is listed, and its licences suit an Apache-2.0 product."""

import json
from importlib import metadata

import pytest

from tests.architecture.third_party import (
    PYTHON_LOCK,
    ROOT,
    Package,
    expected_here,
    groups,
    licence_of,
    page,
    python_packages,
    refused,
    web_packages,
)


def test_nothing_in_the_product_has_a_licence_that_spreads() -> None:
    for title, packages in groups().items():
        assert len(packages) > 50, title
        assert refused(packages) == [], title


@pytest.mark.parametrize(
    ("name", "licence"),
    [
        ("one", "AGPL-3.0-only"),
        ("two", "GPL-3.0-or-later"),
        ("three", "GNU General Public License v3"),
        ("four", "LGPL-3.0-only"),
        ("five", "GNU Lesser General Public License v3 (LGPLv3)"),
        ("six", "GPLv3"),
        ("seven", "MIT OR GPL-2.0-only"),
        ("eight", ""),
    ],
)
def test_such_a_licence_is_noticed(name: str, licence: str) -> None:
    assert refused([Package(name, ("1",), licence)])


@pytest.mark.parametrize(
    ("name", "licence"), [("psycopg", "LGPL-3.0-only"), ("one", "MIT"), ("two", "MPL-2.0")]
)
def test_other_licences_are_not_refused(name: str, licence: str) -> None:
    assert refused([Package(name, ("1",), licence)]) == []


def test_the_page_is_up_to_date() -> None:
    found, wanted = (ROOT / "THIRD_PARTY.md").read_text(), page(groups())

    assert _comparable(found) == _comparable(wanted)


def _comparable(text: str) -> list[str]:
    """The lines; where versions depend on the Python, so may the words of the licence."""
    return [line.rpartition(" | ")[0] if " or " in line else line for line in text.splitlines()]


def test_the_licences_are_those_of_the_locked_versions() -> None:
    wanted = expected_here(PYTHON_LOCK.read_text())

    assert len(wanted) > 50
    assert {name: metadata.version(name) for name in wanted} == wanted


def test_the_lock_of_python_is_read_as_it_is_written() -> None:
    lock = (
        "pytest==9.2.0 \\\n    --hash=sha256:00 \\\n    --hash=sha256:11\n"
        "numpy==2.4.6 ; python_full_version < '3.12' \\\n    --hash=sha256:22\n"
        "numpy==2.5.5 ; python_full_version >= '3.12' \\\n    --hash=sha256:33\n"
        "colorama==0.4.6 ; sys_platform == 'win32' \\\n    --hash=sha256:44\n"
    )

    assert python_packages(lock) == [
        Package("pytest", ("9.2.0",), "MIT"),
        Package("numpy", ("2.4.6", "2.5.5"), licence_of("numpy")),
    ]
    assert set(expected_here(lock)) == {"pytest", "numpy"}


def test_the_lock_of_the_web_ui_is_read_without_tools() -> None:
    lock = {
        "packages": {
            "": {"license": "Apache-2.0"},
            "node_modules/b": {"version": "2.0.0", "license": "(MIT OR CC0-1.0)"},
            "node_modules/b/node_modules/@scope/a": {"version": "1.0.0", "license": "ISC"},
            "node_modules/tool": {"version": "3.0.0", "license": "GPL-3.0-only", "dev": True},
        }
    }

    assert web_packages(json.dumps(lock)) == [
        Package("@scope/a", ("1.0.0",), "ISC"),
        Package("b", ("2.0.0",), "MIT OR CC0-1.0"),
    ]
