"""`down` and `up` again, the second time by `docker compose` v2: nothing is lost."""

from hashlib import sha256
from typing import Any

import pytest

from tests.compose.stack import AI_ON_HOST, DEVELOPMENT, PUBLIC_S3, Stack
from tests.making import pdf
from tests.vault import Vault

LEASE = [
    "Lease agreement for the flat on the second floor.",
    "Dogs and cats may be kept only with prior written consent of the landlord.",
]
WORDS = "written consent landlord"
PARAPHRASE = "pet animals permitted inside apartment"


def kept(vault: Vault) -> dict[str, tuple[str, dict[str, Any]]]:
    """Every document: the hash of the bytes that the API gives back, and what it tells of it."""
    found = {}
    for document in vault.get("/api/documents", per_page=200)["items"]:
        original = vault.http.get(f"/api/documents/{document['id']}/file")
        assert original.status_code == 200
        found[document["id"]] = (sha256(original.content).hexdigest(), document)
    return found


def test_what_was_uploaded_survives_down_and_up(stack: Stack) -> None:
    stack.up()
    content = pdf(LEASE)
    with stack.vault() as vault:
        lease = vault.keep("Lease.pdf", content)
        before = kept(vault)
    assert lease["status"] == "ready"
    assert before[lease["id"]][0] == lease["sha256"] == sha256(content).hexdigest()

    stack.down()
    assert stack.containers() == {}
    stack.up(v2=True)

    with stack.vault() as vault:
        assert kept(vault) == before
        for question, mode in ((WORDS, "words"), (PARAPHRASE, "meaning"), (LEASE[1], "exact")):
            hits = vault.search(question, mode=mode)["hits"]
            assert lease["id"] in {hit["document"]["id"] for hit in hits}, question


@pytest.mark.parametrize("v2", [False, True], ids=["docker-compose", "docker compose v2"])
def test_compose_understands_every_file(stack: Stack, v2: bool) -> None:
    with stack.changed(DOCUVAULT_AI__MODEL="any"):
        stack.understands(DEVELOPMENT, AI_ON_HOST, PUBLIC_S3, v2=v2)
