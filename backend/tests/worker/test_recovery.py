"""Workers, broker and API die at the worst moments, and no document is lost or worked on twice."""

import os
import random
import signal
import time
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import psycopg
import pytest
from celery import Celery

from docuvault.queue.names import DOCUMENTS_QUEUE
from tests.assembly import Assembly, Services
from tests.messages import broker_of, flood, waiting_messages
from tests.recovery import (
    BrokenUpload,
    children_of,
    expect_whole,
    kill_at,
    points,
    start_again,
    texts,
    upload,
    wait_until,
)
from tests.vault import Vault

pytestmark = pytest.mark.services


@pytest.fixture
def under(product: Assembly) -> Services:
    assert product.services is not None
    return product.services


@pytest.fixture
def rows(under: Services) -> Iterator[psycopg.Connection[Any]]:
    """The database itself."""
    with under.postgres.connect("docuvault") as connection:
        yield connection


@pytest.fixture
def broker(under: Services) -> Iterator[Celery]:
    """Somebody else who sends messages to the workers."""
    with broker_of(under.valkey.url) as app:
        yield app


def count(rows: psycopg.Connection[Any], what: str) -> int:
    found = rows.execute(f"SELECT count(*) FROM {what}".encode()).fetchone()
    assert found is not None
    return int(found[0])


def under_way(rows: psycopg.Connection[Any]) -> int:
    return count(rows, "stage_records WHERE state = 'running'")


def most_attempts(rows: psycopg.Connection[Any]) -> int:
    found = rows.execute("SELECT max(attempts) FROM stage_records").fetchone()
    assert found is not None
    return int(found[0])


@pytest.mark.parametrize("victim", ["pool", "worker"])
def test_killed_workers_lose_nothing(
    product: Assembly, vault: Vault, rows: psycopg.Connection[Any], victim: str
) -> None:
    files = texts(f"killed {victim}", 5)
    worker = product.processes["worker"]
    wait_until(lambda: children_of(worker.pid))
    upload(vault, files)
    pool = children_of(worker.pid)

    kill_at(pool if victim == "pool" else [worker.pid, *pool], lambda: under_way(rows))
    cut_off = under_way(rows)
    if victim == "worker":
        start_again(product, "worker", "ready.")

    expect_whole(vault, files)
    assert most_attempts(rows) == 2, "what was cut off ran again, and no more often"
    assert count(rows, "stage_records WHERE attempts = 2") == cut_off


def test_a_worker_that_is_asked_to_stop_ends_its_work_first(
    product: Assembly, vault: Vault, rows: psycopg.Connection[Any]
) -> None:
    files = texts("stopped", 4)
    worker = product.processes["worker"]
    upload(vault, files)
    wait_until(lambda: under_way(rows))

    os.kill(worker.pid, signal.SIGTERM)
    wait_until(lambda: not worker.is_running(), timeout=20)

    assert under_way(rows) == 0
    start_again(product, "worker", "ready.")
    expect_whole(vault, files)
    assert most_attempts(rows) == 1


def test_messages_that_vanish_are_sent_again(
    product: Assembly, vault: Vault, broker: Celery
) -> None:
    files = texts("vanished", 4)
    worker = product.processes["worker"]
    worker.pause()
    try:
        upload(vault, files)
        with broker.connection_for_write() as connection:
            client = connection.default_channel.client
            assert client.llen(DOCUMENTS_QUEUE) >= 4
            client.flushall()
            assert client.llen(DOCUMENTS_QUEUE) == 0
    finally:
        worker.resume()

    expect_whole(vault, files)


def test_doubled_shuffled_and_foreign_messages_change_nothing(
    product: Assembly, vault: Vault, broker: Celery, rows: psycopg.Connection[Any]
) -> None:
    files = texts("doubled", 4)
    ids = upload(vault, files)
    trap = product.folder / "unpickled"
    flood(broker, random.Random(7), ids, trap)

    expect_whole(vault, files)
    wait_until(lambda: waiting_messages(broker) == 0)
    after = vault.keep("afterwards.txt", b"The worker goes on.")

    assert after["status"] == "ready"
    assert most_attempts(rows) == 1
    assert count(rows, "documents") == 5
    assert not trap.exists()
    assert "application/x-python-serialize" in product.log("worker")


@pytest.mark.parametrize("how", ["dead", "hanging"])
def test_uploads_do_not_wait_for_redis(under: Services, vault: Vault, how: str) -> None:
    files = texts(f"{how} redis", 3)
    vault.upload("before.txt", f"a connection is open: {how}".encode())
    files_seen = {"before.txt": f"a connection is open: {how}".encode(), **files}
    valkey = under.valkey
    if how == "dead":
        valkey.kill()
    else:
        valkey.pause()
    try:
        took = []
        for name, content in files.items():
            started = time.monotonic()
            upload(vault, {name: content})
            took.append(time.monotonic() - started)
        health = vault.http.get("/health").json()
    finally:
        if how == "dead":
            valkey.start()
        else:
            valkey.resume()

    assert max(took) < 2.5
    assert health["checks"]["redis"] == "error"
    assert health["checks"]["database"] == "ok"
    expect_whole(vault, files_seen)


def test_a_broker_that_dies_does_not_stop_the_work(
    under: Services, vault: Vault, rows: psycopg.Connection[Any]
) -> None:
    """A stage that is under way ends by itself, and is not counted as the death of a worker."""
    files = texts("long", 1, lines=1200)
    upload(vault, files)
    wait_until(lambda: count(rows, "stage_records WHERE stage = 'embed' AND state = 'running'"))
    for _ in range(2):
        under.valkey.kill()
        time.sleep(0.3)
        under.valkey.start()
        time.sleep(0.3)

    expect_whole(vault, files)
    assert most_attempts(rows) == 1


def test_an_api_that_dies_during_an_upload_leaves_no_phantom(
    product: Assembly, vault: Vault, rows: psycopg.Connection[Any]
) -> None:
    api, content = product.processes["serve"], next(iter(texts("phantom", 1, 600).values()))
    with closing(BrokenUpload(product.base_url, "phantom.txt", content)):
        wait_until(lambda: count(rows, "upload_intents WHERE state = 'receiving'") == 1)
        api.kill()
    api.start(timeout=60)

    assert vault.get("/api/documents")["total"] == 0
    assert count(rows, "documents WHERE deleted_at IS NULL") == 0
    upload(vault, {"phantom.txt": content})
    expect_whole(vault, {"phantom.txt": content})


def test_deleting_everything_while_it_is_worked_on_leaves_nothing(
    product: Assembly, under: Services, vault: Vault, rows: psycopg.Connection[Any]
) -> None:
    for number, document_id in enumerate(upload(vault, texts("deleted", 6))):
        if number == 2:
            wait_until(lambda: under_way(rows))
        assert vault.http.delete(f"/api/documents/{document_id}").status_code == 204

    wait_until(lambda: count(rows, "documents") == 0)
    for table in ("stage_records", "pages", "chunks", "page_search", "document_topics"):
        assert count(rows, table) == 0, table
    assert points(product) == 0
