"""Beside a vault at work nothing is reported: people upload, rename and delete meanwhile."""

import json
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.assembly import Assembly, docuvault, embedded, services
from tests.recovery import texts
from tests.vault import Vault


@pytest.fixture(params=["embedded", "services"])
def busy(request: pytest.FixtureRequest, model_dir: Path, tmp_path: Path) -> Iterator[Assembly]:
    """A product of its own: what other tests leave behind is not looked at."""
    start = embedded if request.param == "embedded" else services
    with start(model_dir, tmp_path) as running:
        yield running


def work(base_url: str, label: str) -> None:
    """Upload, upload again, delete every other one, rename the rest."""
    with Vault(base_url) as vault:
        for name, content in texts(label, 6).items():
            document_id = vault.upload(name, content).json()["document"]["id"]
            assert vault.upload(name, content).status_code == 200
            if name.endswith(("1.txt", "3.txt", "5.txt")):
                assert vault.http.delete(f"/api/documents/{document_id}").status_code == 204
            else:
                renamed = vault.http.patch(f"/api/documents/{document_id}", json={"title": label})
                assert renamed.status_code == 200


def test_work_under_way_is_no_damage(busy: Assembly) -> None:
    with ThreadPoolExecutor() as people:
        working = [people.submit(work, busy.base_url, f"person {n}") for n in range(3)]
        examined = subprocess.run(
            docuvault("doctor", "--json"),
            env=busy.environment,
            cwd=busy.folder,
            stdout=subprocess.PIPE,
            check=False,
        )
        for person in working:
            person.result()

    report = json.loads(examined.stdout)
    assert report["findings"] == []
    # The running embedded server holds its index.
    assert (report["complete"], examined.returncode) == (
        (False, 3) if busy.name == "embedded" else (True, 0)
    )
