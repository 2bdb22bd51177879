"""What a process has written down to read it does not outlive the process for long."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from docuvault.extraction.workspace import Workspace


@pytest.fixture(autouse=True)
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A temporary folder of its own for the system."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def put(workspace: Workspace) -> None:
    inner = workspace.folder / "inner"
    inner.mkdir()
    (inner / "original.txt").write_text("secret")


def test_closing_leaves_nothing(temporary: Path) -> None:
    workspace = Workspace()
    put(workspace)
    assert workspace.folder.parent == temporary
    assert workspace.folder.stat().st_mode & 0o777 == 0o700
    workspace.close()
    assert [*temporary.iterdir()] == []


def test_folders_in_use_are_left_alone() -> None:
    first = Workspace()
    put(first)
    second = Workspace()
    assert (first.folder / "inner" / "original.txt").read_text() == "secret"
    second.close()
    first.close()


def test_what_a_killed_process_left_is_removed_by_the_next(temporary: Path) -> None:
    program = """
import os, signal
from docuvault.extraction.workspace import Workspace

folder = Workspace().folder
(folder / "inner").mkdir()
(folder / "inner" / "original.txt").write_text("secret")
os.kill(os.getpid(), signal.SIGKILL)
"""
    environment = {**os.environ, "TMPDIR": str(temporary)}
    died = subprocess.run([sys.executable, "-c", program], env=environment, check=False)
    assert died.returncode < 0
    assert len([*temporary.rglob("original.txt")]) == 1

    workspace = Workspace()

    assert [*temporary.iterdir()] == [workspace.folder]
    workspace.close()


def test_what_only_looks_like_one_is_left_alone(temporary: Path) -> None:
    elsewhere = temporary / "elsewhere"
    (elsewhere / "data").mkdir(parents=True)
    (temporary / "docuvault-work-link").symlink_to(elsewhere)
    (temporary / "docuvault-work-file").touch()

    Workspace().close()

    assert {path.name for path in elsewhere.iterdir()} == {"data"}
    assert (temporary / "docuvault-work-file").exists()


def test_a_folder_that_was_taken_away_is_no_trouble_at_the_end(temporary: Path) -> None:
    workspace = Workspace()
    workspace.folder.rmdir()
    workspace.close()
    assert [*temporary.iterdir()] == []
