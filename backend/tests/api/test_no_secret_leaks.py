"""While each server is down, hangs, or refuses us: no secret in any body, log line or metric."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

import pytest

from tests.api.conftest import ADMIN_TOKEN, DOWNSTREAM_PASSWORD, WEBHOOK_SECRET
from tests.assembly import Assembly, docuvault
from tests.recovery import wait_until
from tests.servers.process import ServerProcess
from tests.vault import Vault

pytestmark = pytest.mark.services

PATHS = (
    "/health",
    "/health/live",
    "/health/ready",
    "/health/infra",
    "/metrics",
    "/api/status",
    "/api/info",
    "/api/documents",
    "/api/search?q=wool",
    "/api/topics",
    "/api/debug/redis/dependencies/required",
    "/api/debug/redis/dependencies/optional",
    "/api/debug/redis/dependencies/managed",
    "/api/debug/redis/connectivity",
    "/api/debug/redis/connection-pool",
    "/api/debug/redis/server-info",
    "/api/debug/qdrant/dependencies/required",
    "/api/debug/qdrant/dependencies/optional",
    "/api/ai/settings",
)
ADMIN_ACTIONS = ("/api/debug/redis/performance", "/api/debug/redis/operational")


def secrets_of(assembly: Assembly) -> set[str]:
    """Everything secret that the product was given, as it is and as addresses spell it."""
    servers = assembly.services
    assert servers is not None
    known = {
        servers.postgres.password,
        servers.valkey.password,
        servers.s3.secret_key,
        assembly.environment["QDRANT_API_KEY"],
        assembly.environment["SECRET_KEY"],
        ADMIN_TOKEN,
        WEBHOOK_SECRET,
        DOWNSTREAM_PASSWORD,
    }
    return known | {quote(secret, safe="") for secret in known}


def bodies(vault: Vault) -> str:
    """All that anybody may read, and what an upload and a webhook are answered."""
    admin = {"Authorization": f"Bearer {ADMIN_TOKEN}"}
    answers = [vault.http.get(path, headers=headers) for path in PATHS for headers in ({}, admin)]
    answers += [vault.http.post(path, headers=admin) for path in ADMIN_ACTIONS]
    answers.append(vault.upload("a.txt", b"some words"))
    answers.append(vault.http.post("/api/webhooks/datadog", json={"title": "x"}, headers=admin))
    return "\n".join(f"{answer.headers} {answer.text}" for answer in answers)


@contextmanager
def away(server: ServerProcess, fault: str) -> Iterator[None]:
    server.pause() if fault == "hangs" else server.kill()
    try:
        yield
    finally:
        server.resume() if fault == "hangs" else server.start()


@pytest.mark.parametrize(
    ("server", "fault"),
    [
        ("postgres", "dies"),
        ("valkey", "dies"),
        ("valkey", "hangs"),
        ("qdrant", "dies"),
        ("qdrant", "hangs"),
        ("s3", "hangs"),
    ],
)
def test_an_outage_tells_no_secret(
    fragile: Assembly, fragile_vault: Vault, server: str, fault: str
) -> None:
    secrets = secrets_of(fragile)
    process: ServerProcess = getattr(fragile.services, server)
    component = {"postgres": "database", "valkey": "redis", "qdrant": "vectors", "s3": "storage"}

    with away(process, fault):
        wait_until(lambda: fragile_vault.get("/health")["checks"][component[server]] == "error")
        told = bodies(fragile_vault) + command(fragile)
    wait_until(lambda: fragile_vault.get("/health")["checks"][component[server]] == "ok")

    told += bodies(fragile_vault) + fragile.log("serve")
    assert not {secret for secret in secrets if secret in told}
    # The log was looked at after something had been written into it.
    assert "health.changed" in fragile.log("serve")


def command(assembly: Assembly) -> str:
    """What the command says about the same."""
    done = subprocess.run(
        docuvault("check"),
        env=assembly.environment,
        cwd=assembly.folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 69, done.stdout + done.stderr
    return done.stdout + done.stderr


def test_a_fresh_bucket_is_told_and_can_be_adopted(fragile: Assembly, fragile_vault: Vault) -> None:
    """The server of the tests forgets its objects when it ends: an empty volume, mounted again."""
    assert fragile.services is not None
    kept = fragile_vault.upload("lost.txt", b"words in a bucket that will be empty").json()
    fragile.services.s3.restart()

    wait_until(lambda: fragile_vault.http.get("/health/ready").status_code == 503)
    components = fragile_vault.get("/health/infra")["components"]
    storage = next(one for one in components if one["name"] == "storage")
    assert "its mark is missing" in storage["message"]
    assert "docuvault storage adopt" in storage["message"]
    # Nothing is taken in there, and nothing is called lost.
    refused = fragile_vault.upload("new.txt", b"words for the wrong bucket")
    assert (refused.status_code, refused.json()["code"]) == (503, "storage_identity_mismatch")
    file = f"/api/documents/{kept['document']['id']}/file"
    assert fragile_vault.http.get(file).status_code == 503

    subprocess.run(
        docuvault("storage", "adopt", "--yes"),
        env=fragile.environment,
        cwd=fragile.folder,
        check=True,
        timeout=60,
    )

    wait_until(lambda: fragile_vault.http.get("/health/ready").status_code == 200)
    assert fragile_vault.http.get(file).status_code == 410
    assert fragile_vault.upload("new.txt", b"words for the bucket").status_code == 201
