"""PostgreSQL is away, comes back, cuts connections, and swallows the answer to a COMMIT."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import psycopg
import pytest

from tests.faults.lab import Lab, Witness, expect_problem
from tests.recovery import BrokenUpload, texts, wait_until
from tests.servers.proxy import Fault
from tests.vault import Vault

pytestmark = pytest.mark.services


@pytest.fixture
def rows(lab: Lab) -> Iterator[psycopg.Connection[Any]]:
    """The database itself, past the line."""
    with lab.under.postgres.connect("docuvault") as connection:
        yield connection


def test_without_the_database_everything_says_so_and_nothing_is_half_done(
    lab: Lab, vault: Vault, witness: Witness
) -> None:
    witness.keep(texts("before", 2))
    witness.expect_whole()
    lab.database.down()

    started = time.monotonic()
    expect_problem(witness.upload("a.txt", b"a text"), 503, "db_unavailable")
    for path in ("/api/documents", "/api/search?q=report", "/api/topics"):
        expect_problem(vault.http.get(path), 503, "db_unavailable")
    assert time.monotonic() - started < 5
    assert vault.http.get("/health/live").status_code == 200
    assert vault.http.get("/health/ready").status_code == 503

    lab.database.heal()
    witness.keep(texts("after", 1))
    witness.expect_whole()


def test_an_upload_is_refused_before_its_body_is_sent(lab: Lab, vault: Vault) -> None:
    """Of four megabytes one hundredth has been sent, and the answer is there."""
    lab.database.down()
    content = b"line of text\n" * 300_000
    with closing(BrokenUpload(lab.assembly.base_url, "large.txt", content, 0.01)) as upload:
        answer = upload.answer()

    assert b" 503 " in answer.splitlines()[0]
    assert b"db_unavailable" in answer


def test_a_database_that_restarts_loses_nothing(lab: Lab, witness: Witness) -> None:
    files = texts("restarted", 3)
    witness.keep(files)
    lab.under.postgres.kill()
    expect_problem(witness.upload("meanwhile.txt", b"meanwhile"), 503, "db_unavailable")
    lab.under.postgres.start()

    witness.keep(texts("after the restart", 2))
    witness.expect_whole()


def test_reads_survive_the_end_of_their_connection(
    lab: Lab, vault: Vault, witness: Witness, rows: psycopg.Connection[Any]
) -> None:
    """Each is cut off in the middle of its statement, and is answered all the same."""
    witness.keep(texts("read", 1))
    witness.expect_whole()
    # The statement waits for the lock, so that it can be cut off for certain.
    with ThreadPoolExecutor() as pool, lab.under.postgres.connect("docuvault") as holder:
        holder.execute("BEGIN")
        holder.execute("LOCK TABLE documents IN ACCESS EXCLUSIVE MODE")
        reading = pool.submit(vault.http.get, "/api/documents")
        wait_until(lambda: _waiting(rows))
        rows.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        )
        wait_until(lambda: _waiting(rows))
        holder.execute("ROLLBACK")
        answer = reading.result()

    assert answer.status_code == 200, answer.text
    assert answer.json()["total"] == 1
    assert "request.served_again" in lab.log()


def _waiting(rows: psycopg.Connection[Any]) -> int:
    found = rows.execute(
        "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
    ).fetchone()
    assert found is not None
    return int(found[0])


def test_uploads_survive_connections_that_are_cut_again_and_again(
    lab: Lab, witness: Witness
) -> None:
    """An answer may be 503, but what was acknowledged is there, and nothing is there twice."""
    over = threading.Event()

    def cut() -> None:
        while not over.wait(0.15):
            lab.database.cut()

    cutting = threading.Thread(target=cut)
    cutting.start()
    try:
        open_ones = texts("cut", 6)
        deadline = time.monotonic() + 30
        while open_ones and time.monotonic() < deadline:
            for name, content in [*open_ones.items()]:
                answer = witness.upload(name, content)
                if answer.is_success:
                    del open_ones[name]
                else:
                    expect_problem(answer, 503, "db_unavailable")
    finally:
        over.set()
        cutting.join()

    assert not open_ones
    witness.expect_whole()


def test_a_commit_whose_answer_is_lost_is_found_out(lab: Lab, witness: Witness) -> None:
    """The second COMMIT of an upload makes the document; only its answer is cut off."""
    lab.database.fault = Fault(lose_commit_after=b"unknown.txt")
    answer = witness.upload("unknown.txt", b"Was it committed or was it not?")

    assert lab.database.happened.is_set(), "the answer was cut off indeed"
    assert answer.status_code == 201, answer.text
    assert answer.json()["duplicate"] is False
    witness.expect_whole()


def test_a_commit_that_never_arrived_is_not_acknowledged(
    lab: Lab, vault: Vault, witness: Witness
) -> None:
    """The line breaks before the COMMIT and stays broken: 503, and no document afterwards."""
    lab.database.fault = Fault(down_at=b"never.txt")
    answer = witness.upload("never.txt", b"This was never committed.")
    assert lab.database.happened.is_set()
    expect_problem(answer, 503, "db_unavailable")

    lab.database.heal()
    assert vault.get("/api/documents")["total"] == 0
    again = witness.upload("never.txt", b"This was never committed.")
    assert again.status_code == 201
    witness.expect_whole()


def test_a_used_up_pool_refuses_soon_and_recovers(lab: Lab, vault: Vault, witness: Witness) -> None:
    """Four connections wait for a lock; all who come after them are told within two seconds."""
    witness.keep(texts("pool", 1))
    witness.expect_whole()

    def read() -> tuple[int, float]:
        started = time.monotonic()
        status = vault.http.get("/api/documents").status_code
        return status, time.monotonic() - started

    with ThreadPoolExecutor(30) as pool, lab.under.postgres.connect("docuvault") as holder:
        holder.execute("BEGIN")
        holder.execute("LOCK TABLE documents IN ACCESS EXCLUSIVE MODE")
        first = [pool.submit(read) for _ in range(4)]
        time.sleep(0.3)
        later = [pool.submit(read) for _ in range(26)]
        refused = [answer.result() for answer in later]
        holder.execute("ROLLBACK")
        answered = [answer.result() for answer in first]

    assert {status for status, _ in refused} == {503}
    assert max(took for _, took in refused) < 3
    assert [status for status, _ in answered] == [200] * 4
    assert vault.get("/api/documents")["total"] == 1
