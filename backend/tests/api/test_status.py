"""The status page's numbers: all parts in plain words, and the work that waits."""

from datetime import UTC, datetime

import pytest

from tests.assembly import Assembly
from tests.recovery import wait_until
from tests.vault import Vault


def codes(vault: Vault) -> set[str]:
    """What people are told just now."""
    return {notice["code"] for notice in vault.get("/api/status")["notices"]}


def test_a_vault_that_is_well(vault: Vault) -> None:
    vault.keep("a.txt", b"some words about wool")
    idle = {"waiting": 0, "oldest_seconds": 0, "running": 0, "failed": 0}
    wait_until(lambda: vault.get("/api/status")["queue"] == idle)
    wait_until(lambda: vault.get("/api/status")["status"] == "healthy")

    status = vault.get("/api/status")

    assert status["notices"] == []
    assert status["version"]
    assert status["uptime_seconds"] > 0
    for component in status["components"]:
        assert component["status"] == "healthy"
        assert component["works"] == ""
        assert datetime.fromisoformat(component["since"]) < datetime.now(UTC)


def test_what_failed_is_counted(vault: Vault) -> None:
    document = vault.keep("broken.pdf", b"%PDF-1.7 and nothing behind it")
    assert document["status"] == "failed"
    failed = sum(stage["state"] == "failed" for stage in document["stages"])

    wait_until(lambda: vault.get("/api/status")["queue"]["failed"] == failed)


@pytest.mark.services
def test_a_vault_without_workers_says_so(fragile: Assembly, fragile_vault: Vault) -> None:
    """A document "queued" for ever because no worker runs, and nothing says so."""
    assert fragile_vault.upload("waiting.txt", b"nobody reads this").is_success

    wait_until(lambda: "worker_degraded" in codes(fragile_vault))
    status = fragile_vault.get("/api/status")
    notice = next(one for one in status["notices"] if one["code"] == "worker_degraded")
    assert notice["sentence"].startswith("No worker has answered yet; ")
    assert notice["works"] == "Uploads, downloads and search of what has been read work."
    assert status["status"] == "degraded"
    assert status["queue"]["waiting"] >= 1
    assert status["queue"]["oldest_seconds"] > 0


@pytest.mark.services
def test_the_page_answers_while_the_database_is_away(
    fragile: Assembly, fragile_vault: Vault
) -> None:
    assert fragile.services is not None
    expected = {"database_unhealthy", "worker_degraded", "queue_degraded"}
    fragile.services.postgres.kill()
    try:
        # Each part is asked in its own second.
        wait_until(lambda: expected <= codes(fragile_vault))
        status = fragile_vault.get("/api/status")
        assert status["status"] == "unhealthy"
        assert status["queue"] is None
    finally:
        fragile.services.postgres.start()
    wait_until(lambda: fragile_vault.get("/api/status")["queue"] is not None)
