"""A damaged database is told in a sentence, and what can still be read is examined."""

import json
from pathlib import Path

import pysqlite3
import pytest

from tests.integrity.running import doctor


def damage(database: Path, offset: int, length: int) -> None:
    """Overwrite a part of the file, and no journal hides it."""
    with pysqlite3.connect(database) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
    connection.close()
    with database.open("r+b") as file:
        file.seek(offset)
        file.write(b"\xa5" * length)


def place_of(database: Path, table: str) -> tuple[int, int]:
    """Where the first page of a table is, and how long."""
    with pysqlite3.connect(database) as connection:
        [page_size] = connection.execute("PRAGMA page_size").fetchone()
        [root] = connection.execute(
            "SELECT rootpage FROM sqlite_master WHERE name = ?", (table,)
        ).fetchone()
    connection.close()
    return (root - 1) * page_size, page_size


def test_a_damaged_table_is_found_and_the_others_are_examined(
    folder: Path, model_dir: Path
) -> None:
    database = folder / "data" / "docuvault.db"
    damage(database, *place_of(database, "chunks"))

    done = doctor(folder, model_dir, "--json")

    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "SELECT" not in done.stderr
    report = json.loads(done.stdout)
    assert {finding["code"] for finding in report["findings"]} == {"database_damaged"}
    [first, *others] = [finding["sentence"] for finding in report["findings"]]
    assert first.startswith("The file is damaged: ")
    assert "Damage was met while the chunks were read." in others
    checked = {
        subjects: count
        for verdict in report["invariants"]
        for subjects, count in verdict["checked"].items()
    }
    assert (checked["originals"], checked["documents"], checked["pages"]) == (8, 8, 9)


@pytest.mark.parametrize("options", [[], ["--json"]])
def test_a_file_that_is_no_database_is_a_finding(
    folder: Path, model_dir: Path, options: list[str]
) -> None:
    damage(folder / "data" / "docuvault.db", 0, 4096)

    done = doctor(folder, model_dir, *options)

    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "database_damaged" in done.stdout
    assert "The database is damaged and cannot be read" in done.stdout
    if options:
        report = json.loads(done.stdout)
        assert (report["clean"], report["complete"]) == (False, False)
