"""The S3 server is away, hangs, crawls, lies, and lets bytes rot."""

import hashlib
import io
import random
import time
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import psycopg
import pytest
from minio import Minio

from tests.faults.lab import Lab, Witness, examine, expect_problem
from tests.loops.doctor import examine as findings
from tests.loops.files import draw
from tests.recovery import texts, wait_until
from tests.servers.proxy import Fault
from tests.vault import Vault

pytestmark = pytest.mark.services

LARGE = random.Random(3).randbytes(6 * 1024 * 1024)


def test_without_the_object_storage_only_originals_are_missing(
    lab: Lab, vault: Vault, witness: Witness
) -> None:
    witness.keep({"before.txt": b"a report about wool and weather"})
    witness.expect_whole()
    known = vault.get("/api/documents")["items"][0]["id"]
    lab.storage.down()

    expect_problem(witness.upload("a.txt", b"a text"), 503, "storage_unavailable")
    expect_problem(witness.upload("b.bin", LARGE), 503, "storage_unavailable")
    expect_problem(vault.http.get(f"/api/documents/{known}/file"), 503, "storage_unavailable")
    assert vault.get("/api/documents")["total"] == 1
    assert vault.get(f"/api/documents/{known}/text")["pages"]
    assert [hit["document"]["id"] for hit in vault.search("wool")["hits"]] == [known]
    assert vault.http.get("/health/ready").status_code == 503

    lab.storage.heal()
    witness.keep(texts("after", 1))
    witness.expect_whole()


@pytest.mark.parametrize("fault", [Fault(blackhole=True), Fault(drop_replies=True)])
def test_a_storage_that_hangs_is_given_up_and_holds_up_nobody(
    lab: Lab, vault: Vault, witness: Witness, fault: Fault
) -> None:
    """The limit is twice `storage.read_timeout`, a minute as delivered, and four seconds here."""
    lab.storage.fault = fault
    with ThreadPoolExecutor() as pool:
        started = time.monotonic()
        uploads = [pool.submit(witness.upload, f"{n}.txt", f"text {n}".encode()) for n in range(4)]
        others = []
        while not all(upload.done() for upload in uploads):
            asked = time.monotonic()
            assert vault.get("/api/documents")["total"] == 0
            others.append(time.monotonic() - asked)
        took = time.monotonic() - started

    for upload in uploads:
        expect_problem(upload.result(), 503, "storage_unavailable")
    assert took < 20
    assert len(others) > 3
    assert sorted(others)[len(others) // 2] < 0.5
    lab.storage.heal()
    # Nothing of what was given up appears later, and the same bytes are welcome.
    assert vault.get("/api/documents")["total"] == 0
    witness.keep({"0.txt": b"text 0"})
    witness.expect_whole()


def test_a_slow_storage_is_waited_for_and_a_crawling_one_is_given_up(
    lab: Lab, vault: Vault, witness: Witness
) -> None:
    """Of an answer that takes less than `storage.read_timeout` nobody complains."""
    content = b"a report about wool and weather\n" * 1500
    lab.storage.fault = Fault(bytes_per_second=80_000)
    started = time.monotonic()
    witness.keep({"slow.txt": content})
    assert time.monotonic() - started > 0.5

    lab.storage.fault = Fault(bytes_per_second=5000)
    started = time.monotonic()
    expect_problem(witness.upload("crawling.txt", content + b"."), 503, "storage_unavailable")
    assert time.monotonic() - started < 20
    lab.storage.heal()
    witness.expect_whole()


@pytest.mark.parametrize("content", [b"x" * 5000 + b"mark" + b"x" * 5000, LARGE])
def test_bytes_that_change_on_the_way_are_never_acknowledged(
    lab: Lab, vault: Vault, witness: Witness, content: bytes
) -> None:
    """The server takes them, says 200, and has as many as were sent."""
    place = len(content) // 2
    piece = content[place : place + 4]
    flipped = bytes([piece[0] ^ 1]) + piece[1:]
    lab.storage.fault = Fault(flip=(piece, flipped))

    answer = witness.upload("flipped.bin", content)

    assert lab.storage.happened.is_set()
    expect_problem(answer, 503, "storage_unavailable")
    lab.storage.heal()
    assert vault.get("/api/documents")["total"] == 0
    assert witness.upload("flipped.bin", content).status_code == 201


@pytest.mark.parametrize("content", [b"a small text", LARGE])
def test_answers_that_break_off_are_no_acknowledgement(
    lab: Lab, vault: Vault, witness: Witness, content: bytes
) -> None:
    lab.storage.fault = Fault(reset_after=20)
    expect_problem(witness.upload("a.bin", content), 503, "storage_unavailable")
    lab.storage.fault = Fault(truncate_after=20)
    expect_problem(witness.upload("a.bin", content), 503, "storage_unavailable")

    lab.storage.heal()
    assert vault.get("/api/documents")["total"] == 0
    assert witness.upload("a.bin", content).status_code == 201


def test_damaged_bytes_are_neither_served_nor_forgotten(
    lab: Lab, vault: Vault, witness: Witness
) -> None:
    """Bit rot: the download breaks off, the document says so, the same file again repairs it."""
    content = draw(random.Random(1), "letter", large=True).content
    witness.keep({"letter.docx": content})
    witness.expect_whole()
    (item,) = vault.get("/api/documents")["items"]
    key, before = _object_of(lab, item["id"])
    rotten = bytearray(content)
    rotten[-5] ^= 1
    _overwrite(lab, key, bytes(rotten))

    received = b""
    with (
        pytest.raises(httpx2.TransportError),
        vault.http.stream("GET", f"/api/documents/{item['id']}/file") as answer,
    ):
        for chunk in answer.iter_bytes():
            received += chunk

    assert len(received) < len(content)
    document = vault.get(f"/api/documents/{item['id']}")
    assert "integrity_failed" in document["warnings"]
    assert document["sha256"] == hashlib.sha256(content).hexdigest()
    assert _object_of(lab, item["id"]) == (key, before), "no row is made to fit the damage"
    assert "original_changed" in "".join(findings(lab.assembly))

    assert witness.upload("letter.docx", content).json()["duplicate"] is True
    assert vault.get(f"/api/documents/{item['id']}")["warnings"] == []
    witness.expect_whole()
    examine(lab.assembly)


def _object_of(lab: Lab, document_id: str) -> tuple[str, str]:
    with lab.under.postgres.connect("docuvault") as connection:
        found: Any = connection.execute(
            "SELECT object_key, sha256 FROM documents WHERE id = %s", [document_id]
        ).fetchone()
    return found[0], found[1]


def _overwrite(lab: Lab, key: str, content: bytes) -> None:
    s3 = lab.under.s3
    client = Minio(s3.endpoint, access_key=s3.access_key, secret_key=s3.secret_key, secure=False)
    client.put_object(s3.bucket, key, io.BytesIO(content), len(content))


def test_deleting_while_the_storages_are_away_is_carried_out_later(
    lab: Lab, vault: Vault, witness: Witness
) -> None:
    """Workers reach both servers as ever, so these themselves are frozen."""
    witness.keep(texts("deleted", 2))
    witness.expect_whole()
    ids = [item["id"] for item in vault.get("/api/documents")["items"]]
    keys = [_object_of(lab, id_)[0] for id_ in ids]
    lab.under.s3.pause()
    lab.under.qdrant.pause()
    try:
        for id_ in ids:
            assert vault.http.delete(f"/api/documents/{id_}").status_code == 204
            assert vault.http.get(f"/api/documents/{id_}").status_code == 404
        assert vault.get("/api/documents")["total"] == 0
        assert vault.search("report")["hits"] == []
    finally:
        lab.under.s3.resume()
        lab.under.qdrant.resume()

    with lab.under.postgres.connect("docuvault") as connection:
        wait_until(lambda: _count(connection, "documents") == 0, timeout=30)
    for key in keys:
        with pytest.raises(urllib.request.HTTPError) as caught:
            urllib.request.urlopen(f"{lab.under.s3.url}/{lab.under.s3.bucket}/{key}", timeout=5)
        assert caught.value.code == 404
        caught.value.close()


def _count(connection: psycopg.Connection[Any], table: str) -> int:
    found = connection.execute(f"SELECT count(*) FROM {table}".encode()).fetchone()
    assert found is not None
    return int(found[0])
