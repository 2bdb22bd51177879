"""Uploading: what is acknowledged is kept, what cannot be kept is refused in plain words."""

import hashlib
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests import making
from tests.assembly import Assembly
from tests.vault import Vault

TEXT = b"The quarterly report says that the harvest of apples was rich.\n"


def unique(name: str) -> bytes:
    return f"{name}: a line that no other test uploads.\n".encode()


def test_a_stored_file_can_be_had_back_byte_for_byte(vault: Vault) -> None:
    response = vault.upload("Report 2026.txt", TEXT)

    assert response.status_code == 201
    body = response.json()
    assert body["duplicate"] is False
    document = body["document"]
    assert document["sha256"] == hashlib.sha256(TEXT).hexdigest()
    assert document["size_bytes"] == len(TEXT)
    assert document["original_name"] == "Report 2026.txt"
    assert document["title"] == "Report 2026"
    assert document["media_type"] == "text/plain"
    assert vault.http.get(f"/api/documents/{document['id']}/file").content == TEXT


@pytest.mark.parametrize(
    ("name", "content", "media_type"),
    [
        ("contract.pdf", making.pdf(["A contract about wool"]), "application/pdf"),
        (
            "letter.docx",
            making.docx(["A letter about wool"]),
            "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        ),
        ("note.txt", b"A note about wool", "text/plain"),
        ("readme.md", b"# Wool\n\nA page about *wool*.\n", "text/markdown"),
        ("page.html", b"<!doctype html><title>Wool</title><p>About wool</p>", "text/html"),
        ("prices.csv", b"item,price\nwool,12\nsilk,40\n", "text/csv"),
        ("mail.eml", making.eml("Wool", "A mail about wool"), "message/rfc822"),
    ],
)
def test_every_format_becomes_ready_with_text(
    vault: Vault, name: str, content: bytes, media_type: str
) -> None:
    document = vault.keep(name, content)

    assert document["status"] == "ready"
    assert document["media_type"] == media_type
    text = vault.get(f"/api/documents/{document['id']}/text")
    assert any("wool" in page["text"].lower() for page in text["pages"])


def test_the_same_bytes_again_are_the_same_document(vault: Vault) -> None:
    first = vault.upload("one.txt", unique("same")).json()["document"]
    again = vault.upload("another name.txt", unique("same"))

    assert again.status_code == 200
    assert again.json()["duplicate"] is True
    assert again.json()["document"]["id"] == first["id"]
    assert vault.get("/api/documents")["total"] == 1


def test_the_same_bytes_many_times_at_once_make_one_document(vault: Vault) -> None:
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: vault.upload("x.txt", unique("at once")), range(16)))

    assert sorted(answer.status_code for answer in answers) == [200] * 15 + [201]
    assert len({answer.json()["document"]["id"] for answer in answers}) == 1


def test_deleted_bytes_may_come_again_as_a_new_document(vault: Vault) -> None:
    first = vault.upload("x.txt", unique("again")).json()["document"]
    vault.http.delete(f"/api/documents/{first['id']}")

    second = vault.upload("x.txt", unique("again"))

    assert second.status_code == 201
    assert second.json()["document"]["id"] != first["id"]
    assert second.json()["document"]["number"] > first["number"]


@pytest.mark.parametrize("order", ["before", "after"])
@pytest.mark.parametrize(("value", "expected"), [("false", "skipped"), ("true", "done")])
def test_auto_classify_counts_wherever_it_stands(
    vault: Vault, order: str, value: str, expected: str
) -> None:
    vault.topic("Farming", "Fields, harvests, apples and other fruit of the land.")
    field = (
        b'--B\r\nContent-Disposition: form-data; name="auto_classify"\r\n\r\n'
        + value.encode()
        + b"\r\n"
    )
    file = (
        b'--B\r\nContent-Disposition: form-data; name="file"; filename="f.txt"\r\n'
        b"Content-Type: text/plain\r\n\r\n" + unique(f"{order} {value}") + b"\r\n"
    )
    parts = [field, file] if order == "before" else [file, field]
    response = vault.http.post(
        "/api/documents/upload",
        content=b"".join(parts) + b"--B--\r\n",
        headers={"Content-Type": "multipart/form-data; boundary=B"},
    )
    assert response.status_code == 201, response.text

    document = vault.wait(response.json()["document"]["id"])

    assert document["status"] == "ready"
    assert {s["stage"]: s["state"] for s in document["stages"]}["classify"] == expected


def test_a_damaged_file_is_kept_and_named(vault: Vault) -> None:
    damaged = b"%PDF-1.7\nthis is not what a PDF looks like inside"
    document = vault.keep("damaged.pdf", damaged)

    assert document["status"] == "failed"
    assert document["error"] == {
        "code": "corrupt_file",
        "message": "The file is damaged and could not be read.",
    }
    assert vault.http.get(f"/api/documents/{document['id']}/file").content == damaged


def test_a_type_that_nobody_reads_is_kept_and_named(vault: Vault) -> None:
    document = vault.keep("numbers.bin", bytes(range(256)) * 8)

    assert document["status"] == "failed"
    assert document["error"]["code"] == "unsupported_type"


REFUSALS = [
    (b"", 422, "empty_file", "empty.txt"),
    (b"\x7fELF" + b"\0" * 60, 415, "type_mismatch", "holiday.jpg"),
    (b"<!doctype html><html><body>page</body></html>", 415, "type_mismatch", "invoice.pdf"),
]


@pytest.mark.parametrize(("content", "status", "code", "name"), REFUSALS)
def test_what_cannot_be_kept_is_refused(
    vault: Vault, content: bytes, status: int, code: str, name: str
) -> None:
    response = vault.upload(name, content)

    assert response.status_code == status
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["code"] == code
    assert response.json()["request_id"] == response.headers["x-request-id"]
    assert vault.get("/api/documents")["total"] == 0


HEADERS = {"Content-Type": "multipart/form-data; boundary=B"}
FILE = (
    b'--B\r\nContent-Disposition: form-data; name="file"; filename="f.txt"\r\n\r\n'
    b"a file that came twice\r\n"
)


@pytest.mark.parametrize(
    ("body", "headers", "status", "code"),
    [
        (b"", HEADERS, 400, "malformed_multipart"),
        (b"no boundary anywhere", HEADERS, 400, "malformed_multipart"),
        (FILE, HEADERS, 400, "malformed_multipart"),
        (FILE + FILE + b"--B--\r\n", HEADERS, 400, "too_many_parts"),
        (b"--B--\r\n", HEADERS, 422, "file_required"),
        (
            b'--B\r\nContent-Disposition: form-data; name="file"\r\n\r\nx\r\n--B--\r\n',
            HEADERS,
            422,
            "file_required",
        ),
        (
            b'--B\r\nContent-Disposition: form-data; name="auto_classify"\r\n\r\nmaybe\r\n'
            + FILE
            + b"--B--\r\n",
            HEADERS,
            422,
            "validation_failed",
        ),
        (FILE, {"Content-Type": "multipart/form-data"}, 400, "malformed_multipart"),
        (FILE, {"Content-Type": "text/plain"}, 415, "unsupported_media_type"),
        (FILE, {}, 415, "unsupported_media_type"),
        (FILE, {**HEADERS, "Content-Encoding": "gzip"}, 415, "unsupported_encoding"),
        (
            FILE,
            {"Content-Type": "multipart/form-data; boundary=" + "b" * 300},
            400,
            "malformed_multipart",
        ),
    ],
)
def test_a_malformed_form_is_refused(
    vault: Vault, body: bytes, headers: dict[str, str], status: int, code: str
) -> None:
    response = vault.http.post("/api/documents/upload", content=body, headers=headers)

    assert (response.status_code, response.json()["code"]) == (status, code)
    assert vault.get("/api/documents")["total"] == 0


@pytest.mark.parametrize(
    ("raw", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\me\\Steuer 2025.pdf.txt", "Steuer 2025.pdf.txt"),
        ("...", "untitled"),
        ("Rechnung März – 用户.txt", "Rechnung März – 用户.txt"),
        ('a"quote.txt', 'a"quote.txt'),
        ("n" * 400 + ".txt", "n" * 251 + ".txt"),
        ("CON", "CON"),
    ],
)
def test_names_are_kept_as_people_know_them_but_harmless(vault: Vault, raw: str, kept: str) -> None:
    response = vault.upload(raw, unique(raw))

    assert response.status_code == 201, response.text
    document = response.json()["document"]
    assert document["original_name"] == kept
    download = vault.http.get(f"/api/documents/{document['id']}/file?download=true")
    assert download.headers["content-disposition"].startswith("attachment; filename=")


def test_a_client_that_leaves_half_way_leaves_nothing(assembly: Assembly, vault: Vault) -> None:
    host, port = assembly.base_url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port))) as connection:
        connection.sendall(
            b"POST /api/documents/upload HTTP/1.1\r\nHost: vault\r\n"
            b"Content-Type: multipart/form-data; boundary=B\r\nContent-Length: 100000\r\n\r\n"
            b'--B\r\nContent-Disposition: form-data; name="file"; filename="half.txt"\r\n\r\n'
            + b"half of a file "
            * 2000
        )
    assert vault.get("/api/documents")["total"] == 0


def test_uploads_at_the_same_time_do_not_mix(vault: Vault) -> None:
    contents = [f"file {n} ".encode() * (1000 + n * 7919) for n in range(12)]

    with ThreadPoolExecutor(6) as pool:
        answers = list(
            pool.map(lambda n: vault.upload(f"{n}.bin", contents[n]), range(len(contents)))
        )

    for content, answer in zip(contents, answers, strict=True):
        document = answer.json()["document"]
        assert document["sha256"] == hashlib.sha256(content).hexdigest()
        assert vault.http.get(f"/api/documents/{document['id']}/file").content == content


def test_a_large_file_streams_through_without_being_held(assembly: Assembly, vault: Vault) -> None:
    size = 64 * 1024 * 1024
    block = bytes(range(256)) * 256
    before = _peak_memory(assembly)

    def body() -> Iterator[bytes]:
        yield b'--B\r\nContent-Disposition: form-data; name="file"; filename="big.bin"\r\n\r\n'
        for _ in range(size // len(block)):
            yield block
        yield b"\r\n--B--\r\n"

    response = vault.http.post("/api/documents/upload", content=body(), headers=HEADERS)

    assert response.status_code == 201
    assert response.json()["document"]["size_bytes"] == size
    assert _peak_memory(assembly) - before < 48 * 1024 * 1024


def _peak_memory(assembly: Assembly) -> int:
    """Highest resident memory of the serving process so far, in bytes."""
    with open(f"/proc/{assembly.processes['serve'].pid}/status") as status:
        line = next(line for line in status if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def test_many_uploads_all_become_ready(vault: Vault) -> None:
    ids = []
    for n in range(30):
        name, content = f"{n}.txt", unique(f"many {n}")
        ids.append(vault.upload(name, content).json()["document"]["id"])

    assert {vault.wait(document_id)["status"] for document_id in ids} == {"ready"}
