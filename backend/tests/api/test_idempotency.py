"""Uploads that are sent again under the same Idempotency-Key, on both assemblies."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any
from uuid import uuid4

import pytest

from tests.assembly import Assembly
from tests.recovery import BrokenUpload, wait_until
from tests.vault import Vault

TEXT = b"A letter that is sent once, whatever the line does."


def send(vault: Vault, key: str, content: bytes = TEXT, name: str = "letter.txt") -> Any:
    return vault.http.post(
        "/api/documents/upload", files={"file": (name, content)}, headers={"Idempotency-Key": key}
    )


def test_the_same_upload_again_is_told_what_the_first_one_was(vault: Vault) -> None:
    key = uuid4().hex
    first = send(vault, key)
    assert first.status_code == 201
    assert "idempotent-replay" not in first.headers

    again = send(vault, key)

    assert again.status_code == 201
    assert again.headers["idempotent-replay"] == "true"
    assert again.json()["duplicate"] is False
    assert again.json()["document"]["id"] == first.json()["document"]["id"]
    assert vault.get("/api/documents")["total"] == 1
    # Under another key the same bytes are a duplicate, and stay one when that is sent again.
    other = uuid4().hex
    for _ in range(2):
        duplicate = send(vault, other)
        assert (duplicate.status_code, duplicate.json()["duplicate"]) == (200, True)
    assert duplicate.headers["idempotent-replay"] == "true"


def test_other_bytes_under_the_same_key_are_refused(vault: Vault) -> None:
    key = uuid4().hex
    assert send(vault, key).status_code == 201
    # One that is stored in one go, and one that is stored while it arrives.
    for content in (b"Another letter.", b"Another letter.\n" * 500_000):
        refused = send(vault, key, content)
        assert refused.status_code == 422, refused.text
        assert refused.json()["code"] == "idempotency_conflict"
    assert vault.get("/api/documents")["total"] == 1

    assert send(vault, uuid4().hex, b"Another letter.").status_code == 201, "nothing was kept"


def test_what_is_still_running_is_not_begun_again(assembly: Assembly, vault: Vault) -> None:
    key = uuid4().hex
    # It says when it begins to read, which is when it has taken its key.
    headers = f"Idempotency-Key: {key}\r\nExpect: 100-continue\r\n"
    upload = BrokenUpload(assembly.base_url, "letter.txt", TEXT * 1000, headers=headers)
    with closing(upload):
        assert b" 100 " in upload.answer()
        busy = send(vault, key)
        assert busy.status_code == 409, busy.text
        assert busy.json()["code"] == "in_progress"
        assert int(busy.headers["retry-after"]) > 0
    # The first one leaves, and its key is free.
    wait_until(lambda: send(vault, key).status_code == 201)
    assert vault.get("/api/documents")["total"] == 1


def test_one_of_many_at_the_same_moment_is_carried_out(vault: Vault) -> None:
    key = uuid4().hex
    with ThreadPoolExecutor(8) as pool:
        answers = [*pool.map(lambda _: send(vault, key), range(8))]

    accepted = [answer for answer in answers if answer.status_code == 201]
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert sum("idempotent-replay" not in answer.headers for answer in accepted) == 1
    assert vault.get("/api/documents")["total"] == 1


def test_a_refused_upload_leaves_its_key_free(vault: Vault) -> None:
    key = uuid4().hex
    assert send(vault, key, b"").status_code == 422
    assert send(vault, key, b"<!doctype html><p>no PDF</p>", "a.pdf").status_code == 415
    assert send(vault, key).status_code == 201


def test_a_document_deleted_meanwhile_may_come_again(vault: Vault) -> None:
    key = uuid4().hex
    first = send(vault, key).json()["document"]["id"]
    assert vault.http.delete(f"/api/documents/{first}").status_code == 204

    again = send(vault, key)

    assert again.status_code == 201
    assert "idempotent-replay" not in again.headers
    assert again.json()["document"]["id"] != first


@pytest.mark.parametrize("key", ["", "x" * 256])
def test_keys_that_are_none(vault: Vault, key: str) -> None:
    answer = send(vault, key)
    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")
    assert vault.get("/api/documents")["total"] == 0
