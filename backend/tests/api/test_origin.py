"""Foreign pages: neither their names nor their wishes count here."""

import pytest

from tests.vault import Vault


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
    ],
)
def test_another_site_changes_nothing(vault: Vault, headers: dict[str, str]) -> None:
    document = vault.keep("mine.txt", b"this is mine and stays mine")
    url = f"/api/documents/{document['id']}"
    for response in (
        vault.http.post("/api/documents/upload", files={"file": b"theirs"}, headers=headers),
        vault.http.delete(url, headers=headers),
        vault.http.patch(url, json={"title": "theirs"}, headers=headers),
        vault.http.post("/api/topics", json={"name": "theirs"}, headers=headers),
    ):
        assert (response.status_code, response.json()["code"]) == (403, "csrf_failed")
    assert vault.get("/api/documents")["total"] == 1


def test_our_own_page_may(vault: Vault) -> None:
    origin = str(vault.http.base_url).rstrip("/")
    for number, headers in enumerate(
        (
            {"Origin": origin},
            {"Origin": origin, "Sec-Fetch-Site": "same-origin"},
            {"Sec-Fetch-Site": "none"},
            {},
        )
    ):
        made = vault.http.post("/api/topics", json={"name": f"{number}"}, headers=headers)
        assert made.status_code == 201, headers


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:8000", "127.0.0.1.evil.example", ""]
)
def test_a_foreign_name_leads_nowhere(vault: Vault, host: str) -> None:
    response = vault.http.get("/api/documents", headers={"Host": host})

    assert response.status_code in {400, 421}
    if response.status_code == 421:
        assert response.json()["code"] == "foreign_host"


@pytest.mark.parametrize("host", ["localhost", "localhost:5173", "127.0.0.1", "[::1]:8000"])
def test_our_own_names_do(vault: Vault, host: str) -> None:
    assert vault.http.get("/api/documents", headers={"Host": host}).status_code == 200
