"""Rounds of faults drawn from a seed, under uploads and searches that never stop."""

import random
import threading
import time
from collections.abc import Callable
from pathlib import Path

import httpx2

from tests.faults.lab import Lab, Witness, examine, wait_ready
from tests.servers.proxy import Fault, Proxy
from tests.vault import Vault

_CLIENTS = 3
_FILES = 3
_SECONDS = 90
# What a client may be told while something is away; anything else is a finding.
_EXCUSES = frozenset({503, 507})


def draw(rng: random.Random, lab: Lab) -> tuple[str, Callable[[], None]]:
    """The name of a fault, and what brings it about."""
    lines: dict[str, Proxy] = {
        "database": lab.database,
        "storage": lab.storage,
        "redis": lab.redis,
        "qdrant": lab.qdrant,
    }
    name = rng.choice([*lines])
    line = lines[name]
    kinds = {
        "goes down": line.down,
        "loses its connections": line.cut,
        "hangs": lambda: _set(line, Fault(blackhole=True)),
        "swallows answers": lambda: _set(line, Fault(drop_replies=True)),
        "cuts answers off": lambda: _set(line, Fault(reset_after=rng.randint(0, 200))),
        "is slow": lambda: _set(line, Fault(delay=0.05)),
    }
    # A hung PostgreSQL is no row of the matrix: its connections wait for the server.
    hanging = ("hangs", "swallows answers")
    kind = rng.choice([kind for kind in kinds if name != "database" or kind not in hanging])
    return f"{name} {kind}", kinds[kind]


def _set(line: Proxy, fault: Fault) -> None:
    line.fault = fault


def run_round(lab: Lab, rng: random.Random, label: str, folder: Path) -> str:
    """One fault under load; every file is acknowledged in the end, and is there. Says which."""
    lab.heal()
    wait_ready(lab.assembly.base_url)
    name, strike = draw(rng, lab)
    lasts = rng.uniform(0.3, 3)
    with Vault(lab.assembly.base_url) as vault:
        vault.empty()
        witness = Witness(vault, folder / f"{label}.jsonl")
        findings: list[str] = []
        clients = [
            threading.Thread(target=_insist, args=(witness, f"{label}-{number}", findings))
            for number in range(_CLIENTS)
        ]
        for client in clients:
            client.start()
        time.sleep(rng.uniform(0, 0.3))
        strike()
        time.sleep(lasts)
        lab.heal()
        for client in clients:
            client.join()
        assert findings == [], f"{name}: {findings}"
        wait_ready(lab.assembly.base_url)
        witness.expect_whole()
        assert vault.search("wool", mode="exact")["hits"]
    examine(lab.assembly)
    return f"{name} for {lasts:.1f} s"


def _insist(witness: Witness, label: str, findings: list[str]) -> None:
    """Upload until acknowledged, under one key per file, and search in between."""
    with Vault(str(witness.vault.http.base_url)) as vault:
        own = Witness(vault, witness.ledger.path)
        own.ledger, own.files = witness.ledger, witness.files
        deadline = time.monotonic() + _SECONDS
        for number in range(_FILES):
            name = f"{label}-{number}.txt"
            content = f"{name}: a report about wool and weather\n".encode() * 40
            while not _is_done(own, name, content, findings):
                if time.monotonic() > deadline:
                    findings.append(f"{name} was never acknowledged")
                    return
                time.sleep(0.1)


def _is_done(witness: Witness, name: str, content: bytes, findings: list[str]) -> bool:
    try:
        answer = witness.upload(name, content, **{"Idempotency-Key": name})
        found = witness.vault.http.get("/api/search", params={"q": "wool"})
    except httpx2.TransportError as error:
        findings.append(f"{name}: the API itself broke off, {type(error).__name__}")
        return True
    if found.status_code not in {200, *_EXCUSES}:
        findings.append(f"search: {found.status_code} {found.text}")
    if answer.status_code not in {200, 201, 409, *_EXCUSES}:
        findings.append(f"{name}: {answer.status_code} {answer.text}")
    return bool(answer.is_success)
