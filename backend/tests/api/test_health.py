"""Health and the description of the vault."""

from tests.assembly import Assembly
from tests.vault import Vault


def test_all_is_well(vault: Vault, assembly: Assembly) -> None:
    parts = {"database": "ok", "storage": "ok", "vectors": "ok"}
    if assembly.name == "services":
        parts["redis"] = "ok"

    assert vault.get("/health") == {"status": "ok", "checks": parts}
    assert vault.get("/health/live") == {"status": "alive"}
    ready = vault.get("/health/ready")
    assert ready["status"] == "healthy"
    assert {component["name"] for component in ready["components"]} == set(parts)


def test_the_vault_says_what_it_takes(vault: Vault) -> None:
    info = vault.get("/api/info")

    assert info["name"] == "DocuVault"
    assert info["max_upload_bytes"] == 200 * 1024 * 1024
    assert "application/pdf" in info["readable_media_types"]
    assert info["text_leaves_the_vault"] is False


def test_every_answer_carries_safe_headers(vault: Vault) -> None:
    for path in ("/api/documents", "/api/nope", "/health", "/"):
        headers = vault.http.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-request-id"]
        assert "server" not in headers


def test_request_ids_are_taken_over_only_when_harmless(vault: Vault) -> None:
    def echoed(sent: str) -> str:
        answer = vault.http.get("/health/live", headers={"X-Request-ID": sent})
        return str(answer.headers["x-request-id"])

    assert echoed("client-1234.abc") == "client-1234.abc"
    assert echoed("x\ty") != "x\ty"
    assert echoed("y" * 500) != "y" * 500
