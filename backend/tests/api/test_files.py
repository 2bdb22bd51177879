"""Downloads: whole, in part, conditional, and never in a way that a browser would run."""

from typing import Any

import pytest

from tests.vault import Vault

BINARY = "application/octet-stream"
CONTENT = bytes(range(256)) * 4099


@pytest.fixture
def document(vault: Vault) -> dict[str, Any]:
    """A document of about a megabyte."""
    answer = vault.upload("data.bin", CONTENT)
    found: dict[str, Any] = answer.json()["document"]
    return found


def path(document: dict[str, Any]) -> str:
    return f"/api/documents/{document['id']}/file"


def test_the_whole_file(vault: Vault, document: dict[str, Any]) -> None:
    response = vault.http.get(path(document))

    assert response.status_code == 200
    assert response.content == CONTENT
    assert response.headers["content-length"] == str(len(CONTENT))
    assert response.headers["etag"] == f'"sha256-{document["sha256"]}"'
    assert response.headers["accept-ranges"] == "bytes"


@pytest.mark.parametrize(
    ("asked", "start", "end"),
    [
        ("bytes=0-0", 0, 1),
        ("bytes=100-199", 100, 200),
        ("bytes=-5", len(CONTENT) - 5, len(CONTENT)),
        (f"bytes={len(CONTENT) - 1}-", len(CONTENT) - 1, len(CONTENT)),
        (f"bytes=5-{10**15}", 5, len(CONTENT)),
        (f"bytes=-{10**15}", 0, len(CONTENT)),
    ],
)
def test_a_part(vault: Vault, document: dict[str, Any], asked: str, start: int, end: int) -> None:
    response = vault.http.get(path(document), headers={"Range": asked})

    assert response.status_code == 206
    assert response.content == CONTENT[start:end]
    assert response.headers["content-range"] == f"bytes {start}-{end - 1}/{len(CONTENT)}"


@pytest.mark.parametrize(
    "asked",
    [
        f"bytes={len(CONTENT)}-",
        "bytes=-0",
        "bytes=5-2",
        "bytes=0-1,4-5",
        "bytes=",
        "bytes=a-b",
        "bytes=" + ",".join(f"{n}-{n}" for n in range(1000)),
    ],
)
def test_a_part_that_is_not_there(vault: Vault, document: dict[str, Any], asked: str) -> None:
    response = vault.http.get(path(document), headers={"Range": asked})

    assert response.status_code == 416
    assert response.json()["code"] == "range_not_satisfiable"


def test_units_that_nobody_knows_mean_the_whole(vault: Vault, document: dict[str, Any]) -> None:
    response = vault.http.get(path(document), headers={"Range": "pages=1-2"})

    assert (response.status_code, response.content) == (200, CONTENT)


def test_conditions(vault: Vault, document: dict[str, Any]) -> None:
    etag = f'"sha256-{document["sha256"]}"'
    url = path(document)

    known = vault.http.get(url, headers={"If-None-Match": f'"other", {etag}'})
    assert (known.status_code, known.content) == (304, b"")
    assert known.headers["etag"] == etag
    same = vault.http.get(url, headers={"Range": "bytes=0-1", "If-Range": etag})
    assert same.status_code == 206
    other = vault.http.get(url, headers={"Range": "bytes=0-1", "If-Range": '"other"'})
    assert other.status_code == 200


def test_head_tells_what_get_would(vault: Vault, document: dict[str, Any]) -> None:
    head, get = vault.http.head(path(document)), vault.http.get(path(document))

    assert (head.status_code, head.content) == (200, b"")
    for name in ("content-length", "etag", "content-type", "content-disposition"):
        assert head.headers[name] == get.headers[name]
    part = vault.http.head(path(document), headers={"Range": "bytes=0-9"})
    assert (part.status_code, part.headers["content-length"]) == (206, "10")


@pytest.mark.parametrize(
    ("name", "content", "kind", "disposition"),
    [
        ("page.html", b"<!doctype html><script>alert(1)</script>", BINARY, "attachment"),
        ("drawing.svg", b"<svg onload='alert(1)'/>", BINARY, "attachment"),
        ("note.txt", b"plain words to read", "text/plain; charset=utf-8", "inline"),
    ],
)
def test_nothing_runs_in_the_browser(
    vault: Vault, name: str, content: bytes, kind: str, disposition: str
) -> None:
    document = vault.upload(name, content).json()["document"]
    headers = vault.http.get(path(document)).headers

    assert headers["content-type"] == kind
    assert headers["content-disposition"].startswith(disposition)
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert headers["cross-origin-resource-policy"] == "same-origin"


def test_names_survive_in_the_header(vault: Vault) -> None:
    document = vault.upload('Übersicht "März" 用户.txt', b"named in many scripts").json()[
        "document"
    ]
    disposition = vault.http.get(path(document) + "?download=true").headers["content-disposition"]

    assert disposition == (
        'attachment; filename="_bersicht _M_rz_ __.txt";'
        " filename*=UTF-8''%C3%9Cbersicht%20%22M%C3%A4rz%22%20%E7%94%A8%E6%88%B7.txt"
    )


@pytest.mark.parametrize("document_id", ["00000000-0000-4000-8000-000000000000", "nonsense", "1"])
def test_an_unknown_document_has_no_file(vault: Vault, document_id: str) -> None:
    response = vault.http.get(f"/api/documents/{document_id}/file")

    assert (response.status_code, response.json()["code"]) == (404, "not_found")
