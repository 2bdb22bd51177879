"""Walking the list by cursor, over HTTP, in both assemblies."""

import base64
from hashlib import blake2b
from typing import Any

import pytest

from tests.vault import Vault


def walk(vault: Vault, **params: Any) -> list[str]:
    """The titles of the whole list, three at a time."""
    seen: list[str] = []
    page = vault.get("/api/documents", per_page=3, **params)
    assert page["page"] == 1
    while True:
        seen += [item["title"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            return seen
        page = vault.get("/api/documents", per_page=3, cursor=cursor, **params)
        assert page["page"] is None


def forged(content: bytes) -> str:
    """A cursor that says this, with the sum that belongs to it."""
    digest = blake2b(content, digest_size=8).digest()
    return base64.urlsafe_b64encode(digest + content).rstrip(b"=").decode()


@pytest.mark.parametrize("sort", ["-created_at", "created_at", "title", "-title"])
def test_a_walk_shows_the_whole_list_in_its_order(vault: Vault, sort: str) -> None:
    for number in range(7):
        vault.upload(f"{'Äbc'[number % 3]}{number}.txt", f"text {number}".encode())

    listed = vault.get("/api/documents", sort=sort)

    assert listed["next_cursor"] is None
    assert walk(vault, sort=sort) == [item["title"] for item in listed["items"]]


def test_what_comes_and_goes_moves_nothing(vault: Vault) -> None:
    for number in range(6):
        vault.upload(f"{number}.txt", f"text {number}".encode())
    first = vault.get("/api/documents", per_page=3)
    vault.http.delete(f"/api/documents/{first['items'][0]['id']}")
    vault.http.delete(f"/api/documents/{first['items'][2]['id']}")
    vault.upload("new.txt", b"a new text")

    rest = vault.get("/api/documents", per_page=3, cursor=first["next_cursor"])

    assert [item["title"] for item in rest["items"]] == ["2", "1", "0"]
    assert (rest["next_cursor"], rest["total"]) == (None, 5)


def test_the_longest_title_makes_a_cursor_that_is_taken_back(vault: Vault) -> None:
    for number in range(4):
        document = vault.upload(f"{number}.txt", f"text {number}".encode()).json()["document"]
        title = "\u0001" * 254 + str(number)
        changed = vault.http.patch(f"/api/documents/{document['id']}", json={"title": title})
        assert changed.status_code == 200, changed.text

    assert [title[-1] for title in walk(vault, sort="title")] == ["0", "1", "2", "3"]


def test_a_cursor_that_is_none_of_ours_is_refused(vault: Vault) -> None:
    for number in range(4):
        vault.upload(f"{number}.txt", f"text {number}".encode())
    cursor = vault.get("/api/documents", per_page=2)["next_cursor"]
    middle = len(cursor) // 2
    other = "A" if cursor[middle] != "A" else "B"
    refused = [
        "x",
        "",
        "é",
        "A" * 2000,
        cursor[:-1],
        cursor + "A",
        cursor + "=",
        cursor[:middle] + other + cursor[middle + 1 :],
        forged(b"[" * 1400),
        forged(b"{}"),
        forged(b'["-created_at","2026-01-01T00:00:00","00000000000000000000000000000000"]x'),
        forged(b'["-created_at",5,"00000000000000000000000000000000"]'),
        forged(b'["-created_at","0001-01-01T00:00:00+23:59","00000000000000000000000000000000"]'),
        forged(b'["-created_at","2026-01-01T00:00:00+00:00",7]'),
        forged(b'["sideways","a","00000000000000000000000000000000"]'),
        forged(b'[[],"a","00000000000000000000000000000000"]'),
    ]

    for text in refused:
        response = vault.http.get("/api/documents", params={"cursor": text})
        assert (response.status_code, response.json()["code"]) == (400, "bad_cursor"), text
    assert vault.http.get("/api/documents", params={"cursor": cursor}).status_code == 200


@pytest.mark.parametrize("key", ['"a\\u0000b"', '"\\ud800"', "{}"])
def test_titles_that_no_database_holds_are_refused(vault: Vault, key: str) -> None:
    text = f'["title",{key},"00000000000000000000000000000000"]'
    response = vault.http.get(
        "/api/documents", params={"cursor": forged(text.encode()), "sort": "title"}
    )

    assert (response.status_code, response.json()["code"]) == (400, "bad_cursor")


def test_a_cursor_of_another_order_is_refused(vault: Vault) -> None:
    for number in range(4):
        vault.upload(f"{number}.txt", f"text {number}".encode())
    cursor = vault.get("/api/documents", per_page=2)["next_cursor"]

    response = vault.http.get("/api/documents", params={"cursor": cursor, "sort": "title"})

    assert (response.status_code, response.json()["code"]) == (400, "bad_cursor")
