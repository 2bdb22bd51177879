"""The command: its exit codes, its words, and that it leaves everything as it was."""

import json
import re
from pathlib import Path

import pytest

from docuvault.db.lock import locked_folder
from docuvault.domain.errors import ConfigurationError
from docuvault.integrity.findings import PROMISES, FindingCode, Invariant
from tests.integrity.running import doctor
from tests.integrity.vaults import renamed

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "doctor.md").read_text()


def files(folder: Path) -> dict[str, bytes]:
    """All files but those in which SQLite and Qdrant keep their own books."""
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
        and "vectors" not in path.relative_to(folder).parts
        and not path.name.endswith(("-wal", "-shm"))
    }


def test_a_healthy_vault_is_left_as_it_was(folder: Path, model_dir: Path) -> None:
    before = files(folder)

    done = doctor(folder, model_dir)

    assert (done.returncode, done.stderr) == (0, "")
    lines = done.stdout.splitlines()
    assert [line.split("  (")[0] for line in lines] == [
        f"{invariant}  ok" for invariant in Invariant
    ]
    assert "8 originals" in lines[1]
    assert files(folder) == before


def test_another_doctor_is_not_taken_for_a_running_vault(folder: Path, model_dir: Path) -> None:
    with locked_folder(folder / "data", shared=True):
        done = doctor(folder, model_dir)
        with pytest.raises(ConfigurationError), locked_folder(folder / "data"):
            pass

    assert (done.returncode, done.stderr) == (0, "")


def test_beside_a_running_vault_all_but_the_vectors_is_checked(
    folder: Path, model_dir: Path
) -> None:
    with locked_folder(folder / "data"):
        done = doctor(folder, model_dir)

    assert done.returncode == 3, done.stdout
    assert "not checked: The vectors were not checked: the vault is running" in done.stdout


def test_damage_is_told_to_scripts(folder: Path, model_dir: Path) -> None:
    [letter, *_] = (folder / "data" / "objects").rglob("*.docx")
    letter.unlink()

    done = doctor(folder, model_dir, "--json", "--no-originals")

    assert done.returncode == 1
    report = json.loads(done.stdout)
    assert (report["clean"], report["complete"]) == (False, True)
    assert [entry["code"] for entry in report["findings"]] == ["original_missing"]
    assert report["findings"][0]["sentence"].startswith("The object ")
    assert report["findings"][0]["remedy"].startswith("Upload the same file again")
    assert [entry["findings"] for entry in report["invariants"]] == [
        int(invariant is Invariant.ORIGINALS) for invariant in Invariant
    ]


def test_originals_that_are_away_are_one_sentence(folder: Path, model_dir: Path) -> None:
    with renamed(folder / "data" / "objects"):
        done = doctor(folder, model_dir, "--json")
        report = json.loads(done.stdout)
        assert not (folder / "data" / "objects").exists()

    assert (done.returncode, report["clean"], report["complete"]) == (69, False, False)
    assert report["fault"] in done.stderr
    assert done.stderr.startswith("DocuVault cannot be examined: The folder of the originals,")
    assert done.stderr.count("\n") == 1


def test_a_database_that_is_away_is_one_sentence_and_none_is_made(
    folder: Path, model_dir: Path
) -> None:
    with renamed(folder / "data" / "docuvault.db"):
        done = doctor(folder, model_dir)
        assert not (folder / "data" / "docuvault.db").exists()

    assert (done.returncode, done.stdout) == (69, "")
    assert "There is no database in the data folder." in done.stderr


def test_a_folder_without_a_vault_is_refused(tmp_path: Path, model_dir: Path) -> None:
    done = doctor(tmp_path, model_dir)

    assert done.returncode == 78
    assert "There is no vault in the folder" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_page_knows_every_finding_and_every_promise() -> None:
    rows = re.findall(r"^\| `?(\w+)`? \| ", PAGE, flags=re.MULTILINE)

    assert [row for row in rows if "_" in row] == [code.value for code in FindingCode]
    for invariant, promise in PROMISES.items():
        assert f"| {invariant.value} | {promise} |" in PAGE
