"""The vector server is away, hangs, and loses everything it had."""

import shutil
import time

import pytest

from tests.faults.lab import Lab, Witness
from tests.recovery import wait_until
from tests.servers.proxy import Fault
from tests.vault import Vault

pytestmark = pytest.mark.services

FILES = {
    "wool.txt": b"Sheep are shorn in spring, and their wool is spun into yarn.",
    "sea.txt": b"The tide comes in twice a day and brings shells to the beach.",
}


@pytest.mark.parametrize("how", ["down", "hanging"])
def test_without_vectors_words_are_still_found(
    lab: Lab, vault: Vault, witness: Witness, how: str
) -> None:
    witness.keep(FILES)
    witness.expect_whole()
    if how == "down":
        lab.qdrant.down()
    else:
        lab.qdrant.fault = Fault(blackhole=True)

    vault.search("wool")
    started = time.monotonic()
    found = vault.search("wool")
    took = time.monotonic() - started

    assert took < 1.5, "who comes later does not wait for what was away a moment ago"
    assert found["degraded"]
    assert [hit["document"]["original_name"] for hit in found["hits"]] == ["wool.txt"]
    assert witness.upload("more.txt", b"Uploads do not care.").status_code == 201
    assert vault.http.get("/health/ready").status_code == 200

    lab.qdrant.heal()
    wait_until(lambda: not vault.search("clothes made of animal hair")["degraded"])
    witness.expect_whole()


def test_a_server_that_dies_while_documents_are_indexed_is_waited_for(
    lab: Lab, vault: Vault, witness: Witness
) -> None:
    """Its outage counts as nobody's failed try: there is no limit on how long it may take."""
    lab.under.qdrant.kill()
    witness.keep(FILES)
    ids = [item["id"] for item in vault.get("/api/documents")["items"]]

    def postponed() -> bool:
        stages = [vault.get(f"/api/documents/{id_}")["stages"][-1] for id_ in ids]
        return all(
            stage["state"] == "pending" and (stage["error"] or {}).get("code") for stage in stages
        )

    wait_until(postponed)
    assert vault.search("wool")["hits"], "found by its words meanwhile"
    lab.under.qdrant.start()

    witness.expect_whole()
    assert vault.search("animal hair", mode="meaning")["hits"]


def test_a_lost_volume_is_filled_again_by_itself(lab: Lab, vault: Vault, witness: Witness) -> None:
    witness.keep(FILES)
    witness.expect_whole()
    before = _meant(vault)
    lab.under.qdrant.stop()
    shutil.rmtree(lab.under.qdrant.path / "data")
    lab.under.qdrant.start()

    wait_until(lambda: _meant(vault) == before, timeout=60)
    witness.expect_whole()


def _meant(vault: Vault) -> list[str]:
    answer = vault.search("clothes made of animal hair", mode="meaning")
    return [hit["document"]["original_name"] for hit in answer["hits"]]


def test_vectors_of_deleted_documents_are_never_shown(
    lab: Lab, vault: Vault, witness: Witness
) -> None:
    """Their points are still there, as the server cannot be reached for removing them."""
    witness.keep(FILES)
    witness.expect_whole()
    wool = next(
        item["id"]
        for item in vault.get("/api/documents")["items"]
        if item["original_name"] == "wool.txt"
    )
    lab.assembly.processes["worker"].pause()
    try:
        assert vault.http.delete(f"/api/documents/{wool}").status_code == 204
        for mode in ("meaning", "words", "exact", "hybrid"):
            hits = vault.search("wool", mode=mode)["hits"]
            assert wool not in [hit["document"]["id"] for hit in hits]
    finally:
        lab.assembly.processes["worker"].resume()
