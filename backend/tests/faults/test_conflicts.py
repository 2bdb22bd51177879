"""Transactions that PostgreSQL ends on its own: a deadlock, and no room for a row."""

from collections.abc import Iterator
from contextlib import closing
from typing import Any

import psycopg
import pytest

from tests.faults.lab import Lab, Witness, expect_problem
from tests.recovery import BrokenUpload, wait_until
from tests.vault import Vault

pytestmark = pytest.mark.services

_FULL = """
CREATE FUNCTION no_room() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  RAISE EXCEPTION USING ERRCODE = 'disk_full',
    MESSAGE = 'could not extend file "base/5/16384": No space left on device';
END $$;
CREATE TRIGGER no_room BEFORE INSERT ON documents FOR EACH ROW EXECUTE FUNCTION no_room();
"""


@pytest.fixture
def rows(lab: Lab) -> Iterator[psycopg.Connection[Any]]:
    """The database itself, past the line."""
    with lab.under.postgres.connect("docuvault") as connection:
        yield connection


def test_the_victim_of_a_deadlock_is_done_again(
    lab: Lab, vault: Vault, rows: psycopg.Connection[Any]
) -> None:
    """Somebody holds what an upload needs last and asks for what it has taken first."""
    content = b"a report about wool\n" * 2000
    # Its first part is read when the intent is there, so that its end is ours to choose.
    with (
        closing(BrokenUpload(lab.assembly.base_url, "victim.txt", content)) as upload,
        lab.under.postgres.connect("docuvault") as holder,
    ):
        wait_until(lambda: _number(rows, "upload_intents WHERE state = 'receiving'") == 1)
        holder.execute("BEGIN")
        holder.execute("SELECT id FROM upload_intents WHERE state = 'receiving' FOR UPDATE")
        upload.finish()
        wait_until(lambda: _number(rows, "pg_stat_activity WHERE wait_event_type = 'Lock'") == 1)
        # PostgreSQL looks for deadlocks when somebody has waited for a second: the upload.
        holder.execute("SELECT name FROM counters FOR UPDATE")
        holder.execute("COMMIT")
        answer = upload.answer()

    assert b" 201 " in answer.splitlines()[0], answer
    assert "upload.asking_again" in lab.log()
    (item,) = vault.get("/api/documents")["items"]
    assert vault.http.get(f"/api/documents/{item['id']}/file").content == content


def test_a_full_disk_of_the_database_is_told_as_that(
    vault: Vault, witness: Witness, rows: psycopg.Connection[Any]
) -> None:
    witness.keep({"before.txt": b"a report from before"})
    rows.execute(_FULL.encode())
    try:
        expect_problem(witness.upload("full.txt", b"no room"), 507, "insufficient_storage")
        assert vault.get("/api/documents")["total"] == 1
        assert vault.http.get("/api/search?q=report").status_code == 200
    finally:
        rows.execute("DROP FUNCTION no_room CASCADE")

    witness.keep({"full.txt": b"no room"})
    witness.expect_whole()


def _number(rows: psycopg.Connection[Any], what: str) -> int:
    found = rows.execute(f"SELECT count(*) FROM {what}".encode()).fetchone()
    assert found is not None
    return int(found[0])
