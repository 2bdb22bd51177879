"""Old temporary files are told, also where somebody works; young ones are not."""

import os
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from docuvault.extraction.workspace import Workspace
from tests.integrity.vaults import LONG_AGO, Patient


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workspace]:
    """A folder in which somebody works."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    held = Workspace()
    yield held
    held.close()


@pytest.mark.parametrize("where", ["workspace", "incoming"])
async def test_old_files_are_found_where_somebody_works(
    patient: Patient, workspace: Workspace, tmp_path: Path, where: str
) -> None:
    incoming = tmp_path / "incoming" / "1"
    incoming.mkdir(parents=True)
    file = (workspace.folder if where == "workspace" else incoming) / "file"
    file.touch()
    inspection = replace(patient.inspection, workspaces=tmp_path, incoming=incoming.parent)
    vault = Patient(patient.built, inspection)
    os.utime(workspace.folder, (time.time() + LONG_AGO - 1,) * 2)
    assert await vault.codes() == []

    os.utime(file, (time.time() + LONG_AGO - 1,) * 2)

    assert await vault.codes() == ["temporary_left"]
