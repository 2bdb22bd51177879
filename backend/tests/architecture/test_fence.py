"""The fence holds, and it catches what it is there to catch."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PACKAGE = ROOT / "backend" / "docuvault"


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [
            str(Path(sys.executable).with_name("lint-imports")),
            "--config",
            str(ROOT / "importlinter.toml"),
            "--no-cache",
        ],
        cwd=folder,
        env={"PYTHONPATH": str(folder), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the house in which something may be broken."""
    shutil.copytree(PACKAGE, tmp_path / "docuvault", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def test_the_house_keeps_its_contracts() -> None:
    result = lint(PACKAGE.parent)

    assert result.returncode == 0, result.stdout
    assert "0 broken" in result.stdout


def append(folder: Path, file: str, text: str) -> None:
    path = folder / "docuvault" / file
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as opened:
        opened.write(text)


BREACHES = {
    "an import of a higher floor, hidden in a function": (
        "db/session.py",
        "\n\ndef peek():\n    from docuvault.documents import upload\n    return upload\n",
        "A floor imports only the floors below it",
    ),
    "a new utils package": (
        "utils/__init__.py",
        '"""A dump."""\n',
        "A floor imports only the floors below it",
    ),
    "an SDK in a service": (
        "documents/service.py",
        "\n\ndef peek():\n    import minio\n    return minio\n",
        "Each SDK has one door",
    ),
    "a query outside the database room": (
        "search/service.py",
        "\n\nimport sqlalchemy\n",
        "Queries live in db",
    ),
    "a framework on the ground floor": (
        "domain/text.py",
        "\n\nimport pydantic\n",
        "The ground floor knows no framework, driver or SDK",
    ),
    "one driver that leans on another": (
        "object_storage/minio.py",
        "\n\nimport docuvault.object_storage.filesystem\n",
        "Two drivers of one port never import each other",
    ),
    "a service that fetches settings": (
        "documents/service.py",
        "\n\nfrom docuvault.config.loader import load_settings\n",
        "Settings are handed down, not fetched",
    ),
    "routers that know each other": (
        "api/routers/topics.py",
        "\n\nimport docuvault.api.routers.documents\n",
        "Routers are strangers to each other",
    ),
}


@pytest.mark.parametrize("breach", BREACHES)
def test_a_planted_breach_is_caught(copy: Path, breach: str) -> None:
    file, text, contract = BREACHES[breach]
    append(copy, file, text)

    result = lint(copy)

    assert result.returncode == 1
    if breach == "a new utils package":
        assert "utils" in result.stdout
    else:
        assert f"{contract} BROKEN" in result.stdout
