"""Health and the description of the vault."""

import time

import pytest
from fastapi.testclient import TestClient

from docuvault.api.app import create_app
from docuvault.config.settings import Settings
from tests.assembly import Assembly, Services
from tests.recovery import wait_until
from tests.servers.process import ServerProcess
from tests.vault import Vault

# What readiness promises, and what a busy test machine may add.
PROMISED_SECONDS = 2.0
GRACE_SECONDS = 1.5


def parts_of(assembly: Assembly) -> set[str]:
    parts = {"database", "storage", "vectors", "worker", "queue", "ai"}
    return parts | ({"redis"} if assembly.name == "services" else {"disk"})


def test_all_is_well(vault: Vault, assembly: Assembly) -> None:
    parts = parts_of(assembly)
    wait_until(lambda: vault.get("/health")["status"] == "ok")

    assert vault.get("/health") == {"status": "ok", "checks": dict.fromkeys(parts, "ok")}
    assert vault.get("/health/live") == {"status": "alive"}
    infra = vault.get("/health/infra")
    assert infra["status"] == "healthy"
    assert {component["name"] for component in infra["components"]} == parts
    assert {component["message"] for component in infra["components"]} == {"Works."}


def test_readiness_asks_for_what_nothing_works_without(vault: Vault) -> None:
    ready = vault.get("/health/ready")

    assert ready["status"] == "healthy"
    assert {component["name"] for component in ready["components"]} == {"database", "storage"}
    assert all(component["critical"] for component in ready["components"])


@pytest.mark.parametrize("path", ["/health", "/health/ready", "/health/infra"])
def test_while_the_process_starts_it_is_not_ready(path: str) -> None:
    """Without its lifespan the application is one whose resources are not open yet."""
    client = TestClient(create_app(Settings()), base_url="http://localhost")

    answer = client.get(path)

    if path == "/health":
        assert (answer.status_code, answer.json()) == (200, {"status": "degraded", "checks": {}})
    else:
        assert answer.status_code == (503 if path == "/health/ready" else 200)
        assert answer.json() == {"status": "unhealthy", "components": []}
    assert client.get("/health/live").status_code == 200


def readiness(vault: Vault) -> int:
    return vault.http.get("/health/ready").status_code


def seconds_until(vault: Vault, status: int) -> float:
    started = time.monotonic()
    wait_until(lambda: readiness(vault) == status)
    return time.monotonic() - started


def under(fragile: Assembly) -> Services:
    assert fragile.services is not None
    return fragile.services


def fall_and_rise(vault: Vault, server: ServerProcess, fault: str) -> tuple[float, float]:
    """How long readiness takes to tell of a fault, and of its end."""
    wait_until(lambda: readiness(vault) == 200)
    server.pause() if fault == "hangs" else server.kill()
    try:
        fell = seconds_until(vault, 503)
    finally:
        server.resume() if fault == "hangs" else server.start()
    return fell, seconds_until(vault, 200)


@pytest.mark.services
@pytest.mark.parametrize(("server", "fault"), [("postgres", "dies"), ("s3", "hangs")])
def test_readiness_tells_the_truth_within_two_seconds(
    fragile: Assembly, fragile_vault: Vault, server: str, fault: str
) -> None:
    """A readiness probe that answers 200 while the database is down."""
    process: ServerProcess = getattr(under(fragile), server)

    fell, rose = fall_and_rise(fragile_vault, process, fault)

    assert fell < PROMISED_SECONDS + GRACE_SECONDS
    assert rose < PROMISED_SECONDS + GRACE_SECONDS


@pytest.mark.services
@pytest.mark.parametrize("server", ["valkey", "qdrant"])
def test_what_is_not_critical_takes_nothing_else_away(
    fragile: Assembly, fragile_vault: Vault, server: str
) -> None:
    part = {"valkey": "redis", "qdrant": "vectors"}[server]
    process: ServerProcess = getattr(under(fragile), server)
    process.pause()
    try:
        wait_until(lambda: fragile_vault.get("/health")["checks"][part] == "error")
        assert fragile_vault.get("/health")["status"] == "degraded"
        assert readiness(fragile_vault) == 200
        assert fragile_vault.upload("kept.txt", f"kept without {part}".encode()).is_success
    finally:
        process.resume()
    wait_until(lambda: fragile_vault.get("/health")["checks"][part] == "ok")


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
