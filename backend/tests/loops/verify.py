"""Looks at the vault as people do, and says in what it contradicts the ledger."""

import hashlib
import random
import time
from collections.abc import Iterable, Sequence
from typing import Any

import httpx2

from tests.loops.ledger import Entry, Kept, Ledger, Look, faults, violations
from tests.vault import Vault

_PAGE = 200
# Documents of earlier rounds that are looked at again, half of them of the last rounds.
_EARLIER = 6
_RECENT = 12


def wait_until_ready(vault: Vault, entries: Iterable[Entry], patience: float) -> list[str]:
    """Wait until all these documents are ready; says which are not after so many seconds."""
    open_ones = [*entries]
    deadline = time.monotonic() + patience
    while True:
        documents = [document_of(vault, entry) for entry in open_ones]
        open_ones = [
            entry
            for entry, document in zip(open_ones, documents, strict=True)
            if document is not None and not is_settled(document)
        ]
        if not open_ones:
            return []
        if time.monotonic() > deadline:
            return [f"{entry.name} ({entry.id}) does not get ready" for entry in open_ones]
        time.sleep(0.1)


def is_settled(document: dict[str, Any]) -> bool:
    """Ready with all its stages, or failed."""
    return document["status"] in {"ready", "failed"} and not any(
        stage["state"] in {"pending", "running"} for stage in document["stages"]
    )


def document_of(vault: Vault, entry: Entry) -> dict[str, Any] | None:
    """The document that was acknowledged; None when it is not there."""
    response = vault.http.get(f"/api/documents/{entry.id}")
    if response.status_code == 404:
        return None
    assert response.status_code == 200, response.text
    document: dict[str, Any] = response.json()
    return document


def check_vault(
    vault: Vault,
    ledger: Ledger,
    entries: Sequence[Entry],
    rng: random.Random | None,
    patience: float,
) -> list[str]:
    """The whole list, and these documents with some of earlier rounds; without `rng` all."""
    acknowledged = ledger.acknowledged()
    chosen = acknowledged if rng is None else [*entries]
    if rng is not None:
        for among in (acknowledged, acknowledged[-_RECENT:]):
            chosen += rng.sample(among, min(len(among), _EARLIER // 2))
    return (
        check_list(vault, ledger)
        + wait_until_ready(vault, chosen, patience)
        + check_documents(vault, chosen)
    )


def check_list(vault: Vault, ledger: Ledger) -> list[str]:
    """Every acknowledged document is in the list exactly once, and nothing else is."""
    kept: list[Kept] = []
    page, total = 1, 0
    while page == 1 or len(kept) < total:
        answer = vault.get("/api/documents", page=page, per_page=_PAGE, sort="created_at")
        total = answer["total"]
        if not answer["items"]:
            break
        kept += [Kept(item["id"], item["sha256"], item["size_bytes"]) for item in answer["items"]]
        page += 1
    return violations(ledger, kept, total)


def check_documents(vault: Vault, entries: Iterable[Entry]) -> list[str]:
    """Each of these is ready, has its bytes, and is found by its word in both search engines."""
    return [fault for entry in entries for fault in faults(entry, _look(vault, entry))]


def _look(vault: Vault, entry: Entry) -> Look | None:
    document = document_of(vault, entry)
    if document is None:
        return None
    try:
        file = vault.http.get(f"/api/documents/{entry.id}/file")
        file_sha256 = hashlib.sha256(file.content).hexdigest() if file.is_success else None
    except httpx2.TransportError:
        # That is how the product serves bytes that are no longer those uploaded.
        file_sha256 = None
    found = {}
    for mode in ("words", "exact"):
        answer = vault.search(entry.word, mode=mode, limit=5)
        assert not answer["degraded"], answer
        found[mode] = [hit["document"]["id"] for hit in answer["hits"]]
    return Look(document["status"], file_sha256, found)
