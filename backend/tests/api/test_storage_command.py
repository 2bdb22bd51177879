"""A data folder whose originals are another vault's, or not mounted: refused until adopted."""

import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.assembly import Assembly, docuvault, embedded
from tests.vault import Vault


def run(assembly: Assembly, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        docuvault(*arguments),
        env=assembly.environment,
        cwd=assembly.folder,
        input="n\n",
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def stopped(model_dir: Path, tmp_path: Path) -> Iterator[Assembly]:
    """A vault with a document that does not run just now."""
    with embedded(model_dir, tmp_path) as assembly:
        with Vault(assembly.base_url) as vault:
            vault.keep("a.txt", b"words that must not be lost")
        assembly.processes["serve"].stop()
        yield assembly


def test_an_empty_folder_in_place_of_the_originals_is_refused(stopped: Assembly) -> None:
    originals, elsewhere = stopped.folder / "data" / "objects", stopped.folder / "elsewhere"
    shutil.move(originals, elsewhere)
    originals.mkdir()

    for command in ("serve", "doctor"):
        refused = run(stopped, command)
        assert refused.returncode == 69, command
        assert "its mark is missing" in refused.stderr
        assert "docuvault storage adopt" in refused.stderr
        assert "Traceback" not in refused.stderr
    checked = run(stopped, "check", "storage")
    assert checked.returncode == 69
    assert "its mark is missing" in checked.stdout
    # Whoever is asked and says no has changed nothing.
    assert run(stopped, "storage", "adopt").returncode == 1
    assert not [*originals.rglob("install-id")]

    # With the right folder back, all is as it was.
    shutil.rmtree(originals)
    shutil.move(elsewhere, originals)
    assert run(stopped, "doctor").returncode == 0
    stopped.processes["serve"].start(timeout=60)
    with Vault(stopped.base_url) as vault:
        assert vault.search("must not be lost")["hits"]


def test_another_storage_can_be_adopted(stopped: Assembly) -> None:
    [mark] = (stopped.folder / "data" / "objects").rglob("install-id")
    ours = mark.read_text()
    mark.write_text("another-vault")
    refused = run(stopped, "serve")
    assert refused.returncode == 69
    assert "another vault" in refused.stderr

    assert run(stopped, "storage", "adopt", "--yes").returncode == 0

    assert mark.read_text() == ours
    again = run(stopped, "storage", "adopt", "--yes")
    assert (again.returncode, again.stdout) == (0, "The storage is this vault's.\n")
    assert run(stopped, "doctor").returncode == 0
    stopped.processes["serve"].start(timeout=60)
