"""Lists, corrections, repeats and deletions."""

from typing import Any

import pytest

from tests import making
from tests.vault import Vault


def titles(found: dict[str, Any]) -> list[str]:
    return [item["title"] for item in found["items"]]


def test_the_list_sorts_pages_and_counts(vault: Vault) -> None:
    for name in ("beta", "Álpha", "gamma"):
        vault.upload(f"{name}.txt", f"the text of {name}".encode())

    newest = vault.get("/api/documents")
    assert titles(newest) == ["gamma", "Álpha", "beta"]
    assert newest["total"] == 3
    assert titles(vault.get("/api/documents", sort="title")) == ["Álpha", "beta", "gamma"]
    assert titles(vault.get("/api/documents", sort="-title")) == ["gamma", "beta", "Álpha"]
    assert titles(vault.get("/api/documents", sort="created_at")) == ["beta", "Álpha", "gamma"]
    second = vault.get("/api/documents", sort="title", page=2, per_page=2)
    assert (titles(second), second["total"]) == (["gamma"], 3)
    assert titles(vault.get("/api/documents", page=9)) == []


def test_the_list_filters(vault: Vault) -> None:
    wool = vault.topic("Wool", "Sheep and their wool.")
    text = vault.keep("Annual Report.txt", b"nothing special")
    pdf = vault.keep("scan_of_report.pdf", making.pdf(["words"]))
    broken = vault.keep("bad.pdf", b"%PDF-1.4 nonsense")
    vault.http.patch(f"/api/documents/{pdf['id']}", json={"topic_ids": [wool["id"]]})

    def ids(**params: Any) -> set[str]:
        return {item["id"] for item in vault.get("/api/documents", **params)["items"]}

    assert ids(q="report") == {text["id"], pdf["id"]}
    assert ids(q="REPORT annual") == {text["id"]}
    assert ids(q="100%") == set()
    assert ids(type="pdf") == {pdf["id"], broken["id"]}
    assert ids(type="image") == set()
    assert ids(status="failed") == {broken["id"]}
    assert ids(topic=wool["id"]) == {pdf["id"]}
    assert ids(topic=wool["id"], type="text") == set()


@pytest.mark.parametrize(
    "params",
    [
        {"page": 0},
        {"page": 10**30},
        {"per_page": 201},
        {"per_page": -1},
        {"sort": "__class__"},
        {"status": "lost"},
        {"type": "exe"},
        {"topic": "x"},
        {"q": "x" * 201},
    ],
)
def test_the_list_refuses_nonsense(vault: Vault, params: dict[str, Any]) -> None:
    response = vault.http.get("/api/documents", params=params)

    assert (response.status_code, response.json()["code"]) == (422, "validation_failed")
    assert response.json()["errors"][0]["field"] == f"query.{next(iter(params))}"


def test_a_document_tells_its_life(vault: Vault) -> None:
    document = vault.keep("life.pdf", making.pdf(["first page", "second page"]))

    assert document["page_count"] == 2
    assert [stage["stage"] for stage in document["stages"]] == ["extract", "classify", "embed"]
    for stage in document["stages"]:
        assert stage["state"] in {"done", "skipped"}
        assert stage["attempts"] == 1
        assert stage["started_at"] <= stage["finished_at"]
    pages = vault.get(f"/api/documents/{document['id']}/text")["pages"]
    assert [page["text"].strip() for page in pages] == ["first page", "second page"]
    assert vault.get(f"/api/documents/{document['id']}/text", page=2)["pages"] == [pages[1]]


def test_correcting_the_title(vault: Vault) -> None:
    document = vault.keep("x.txt", b"to be renamed")
    changed = vault.http.patch(
        f"/api/documents/{document['id']}", json={"title": "  A better name "}
    )

    assert changed.status_code == 200
    assert changed.json()["title"] == "A better name"
    assert changed.json()["original_name"] == "x.txt"
    again = vault.wait(document["id"])
    assert (again["title"], again["status"]) == ("A better name", "ready")
    assert vault.search("better")["hits"][0]["document"]["id"] == document["id"]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"title": ""}, "body.title"),
        ({"title": "x" * 256}, "body.title"),
        ({"title": 5}, "body.title"),
        ({"owner_id": "x"}, "body.owner_id"),
        ({"sha256": "0" * 64}, "body.sha256"),
        ({"topic_ids": "x"}, "body.topic_ids"),
        ({"topic_ids": ["x"]}, "body.topic_ids.0"),
        ({"topic_ids": ["00000000-0000-4000-8000-000000000000"]}, "body.topic_ids"),
    ],
)
def test_corrections_that_are_refused(vault: Vault, body: dict[str, Any], field: str) -> None:
    document = vault.keep("x.txt", b"to stay as it is")
    response = vault.http.patch(f"/api/documents/{document['id']}", json=body)

    assert (response.status_code, response.json()["code"]) == (422, "validation_failed")
    assert response.json()["errors"][0]["field"] == field
    assert vault.get(f"/api/documents/{document['id']}")["title"] == "x"


def test_deleting_takes_everything_away(vault: Vault) -> None:
    document = vault.keep("secret.txt", b"the zebra keeps a secret under the stone")
    url = f"/api/documents/{document['id']}"
    assert vault.search("zebra secret")["hits"]

    assert vault.http.delete(url).status_code == 204

    assert vault.get("/api/documents")["total"] == 0
    for response in (
        vault.http.get(url),
        vault.http.get(url + "/file"),
        vault.http.get(url + "/text"),
        vault.http.patch(url, json={"title": "x"}),
        vault.http.delete(url),
        vault.http.post(url + "/retry"),
        vault.http.post(url + "/classify"),
    ):
        assert (response.status_code, response.json()["code"]) == (404, "not_found")
    for mode in ("hybrid", "meaning", "words", "exact"):
        assert vault.search("zebra secret", mode=mode)["hits"] == []


def test_retry_is_for_what_failed(vault: Vault) -> None:
    ready = vault.keep("ready.txt", b"all went well here")
    refused = vault.http.post(f"/api/documents/{ready['id']}/retry")
    assert (refused.status_code, refused.json()["code"]) == (409, "nothing_to_retry")

    broken = vault.keep("bad.pdf", b"%PDF-1.4 nonsense again")
    accepted = vault.http.post(f"/api/documents/{broken['id']}/retry")
    assert accepted.status_code == 202
    again = vault.wait(broken["id"])
    assert (again["status"], again["error"]["code"]) == ("failed", "corrupt_file")


@pytest.mark.parametrize(
    ("method", "url"),
    [("POST", "/api/documents"), ("PUT", "/api/topics"), ("DELETE", "/api/search")],
)
def test_wrong_methods(vault: Vault, method: str, url: str) -> None:
    response = vault.http.request(method, url)

    assert (response.status_code, response.json()["code"]) == (405, "method_not_allowed")
    assert response.headers["allow"]


def test_unknown_addresses_are_json_also_for_browsers(vault: Vault) -> None:
    response = vault.http.get("/api/nope", headers={"Accept": "text/html"})

    assert (response.status_code, response.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize("body", [b"{", b"[1,", b'{"title": NaN}', b"\xff\xfe"])
def test_bodies_that_are_no_json(vault: Vault, body: bytes) -> None:
    document = vault.keep("x.txt", b"json test")
    response = vault.http.patch(
        f"/api/documents/{document['id']}",
        content=body,
        headers={"Content-Type": "application/json"},
    )

    assert response.status_code in {400, 422}
    assert response.json()["code"] in {"malformed_request", "validation_failed"}


def test_bodies_that_are_too_large(vault: Vault) -> None:
    response = vault.http.post(
        "/api/topics",
        content=b'{"name": "' + b"x" * 2_000_000 + b'"}',
        headers={"Content-Type": "application/json"},
    )

    assert (response.status_code, response.json()["code"]) == (413, "body_too_large")


HOSTILE = [
    "undefined",
    "NaN",
    "'; DROP TABLE documents; --",
    '"><script>alert(1)</script>',
    "../../../../etc/passwd%00",
    "\u202etest\u202e",
    "Ω≈ç√∫˜µ≤≥÷",
    "田中さんにあげて下さい",
    "👩‍👩‍👧‍👦 🏳️‍🌈",
    "ﷺ" * 50,
    "\ufeff",
    "Z̮̞̠͙͔ͅḀ̗̞͈̻̗Ḷ͙͎̯̹̞͓G̻O̭̗̮",
    "%s%s%n%p",
    "{{7*7}} ${jndi:ldap://127.0.0.1/a}",
    "a" * 255,
]


@pytest.mark.parametrize("text", HOSTILE)
def test_any_text_round_trips_or_is_refused(vault: Vault, text: str) -> None:
    document = vault.upload("x.txt", text.encode() + b" hostile").json()["document"]
    url = f"/api/documents/{document['id']}"
    changed = vault.http.patch(url, json={"title": text})
    assert changed.status_code in {200, 422}
    if changed.status_code == 200:
        assert vault.get(url)["title"] == text.strip()
    topic = vault.http.post("/api/topics", json={"name": text[:100], "description": text})
    assert topic.status_code in {201, 422}
    assert vault.http.get("/api/search", params={"q": text}).status_code == 200
    assert vault.http.get("/api/documents", params={"q": text[:200]}).status_code == 200


@pytest.mark.parametrize("text", ["\u0000", "a\u0000b", "\ud800"])
def test_text_that_no_database_can_hold_is_refused(vault: Vault, text: str) -> None:
    import json

    body = json.dumps({"name": text}).encode()
    response = vault.http.post(
        "/api/topics", content=body, headers={"Content-Type": "application/json"}
    )

    assert response.status_code in {400, 422}
