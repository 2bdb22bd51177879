"""A lab of its own for the faults of servers, started once for all of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.lab import Lab, Witness, examine, open_lab, wait_ready
from tests.recovery import wait_until
from tests.vault import Vault


@pytest.fixture(scope="package")
def shared_lab(model_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with open_lab(model_dir, tmp_path_factory.mktemp("faults")) as lab:
        yield lab


@pytest.fixture
def lab(shared_lab: Lab) -> Iterator[Lab]:
    """All lines are whole before and after, and afterwards the doctor finds nothing."""
    shared_lab.heal()
    wait_ready(shared_lab.assembly.base_url)
    yield shared_lab
    shared_lab.heal()
    wait_ready(shared_lab.assembly.base_url)
    examine(shared_lab.assembly)


@pytest.fixture
def vault(lab: Lab) -> Iterator[Vault]:
    """A client of the running product, on an empty vault."""
    with Vault(lab.assembly.base_url) as client:
        client.empty()
        yield client
        lab.heal()
        wait_until(lambda: not busy(client))


@pytest.fixture
def witness(vault: Vault, tmp_path: Path) -> Witness:
    """Somebody who uploads and remembers."""
    return Witness(vault, tmp_path / "ledger.jsonl")


def busy(vault: Vault) -> bool:
    """Whether any document is still worked on; a vault that cannot tell yet is busy."""
    answer = vault.http.get("/api/documents", params={"per_page": 200})
    return answer.status_code != 200 or any(
        stage["state"] in {"pending", "running"}
        for item in answer.json()["items"]
        for stage in item["stages"]
    )
