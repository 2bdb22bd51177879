"""Beside a vault at work nothing is reported: people upload, rename and delete meanwhile."""

import json
import subprocess
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Event

import pytest

from tests.assembly import Assembly, docuvault, embedded, services
from tests.recovery import texts, wait_until
from tests.vault import Vault


@pytest.fixture(params=["embedded", "services"])
def busy(request: pytest.FixtureRequest, model_dir: Path, tmp_path: Path) -> Iterator[Assembly]:
    """A product of its own: what other tests leave behind is not looked at."""
    start = embedded if request.param == "embedded" else services
    with start(model_dir, tmp_path) as running:
        yield running


@dataclass
class Person:
    """Somebody who uploads, deletes and renames until it is over; `rounds` counts what is done."""

    label: str
    rounds: int = 0

    def work(self, base_url: str, over: Event) -> None:
        """Upload, upload again, delete every other one, rename the rest."""
        with Vault(base_url) as vault:
            while not over.is_set():
                self._once(vault, texts(f"{self.label} {self.rounds}", 2, lines=3))
                self.rounds += 1

    def _once(self, vault: Vault, files: dict[str, bytes]) -> None:
        for name, content in files.items():
            document_id = vault.upload(name, content).json()["document"]["id"]
            assert vault.upload(name, content).status_code == 200
            if name.endswith("1.txt"):
                assert vault.http.delete(f"/api/documents/{document_id}").status_code == 204
            else:
                renamed = vault.http.patch(
                    f"/api/documents/{document_id}", json={"title": self.label}
                )
                assert renamed.status_code == 200


def has_ended(working: list[Future[None]]) -> bool:
    """Whether anybody has stopped working, which is sooner than asked for."""
    return any(person.done() for person in working)


def test_work_under_way_is_no_damage(busy: Assembly) -> None:
    over = Event()
    people = [Person(f"person {number}") for number in range(3)]
    with ThreadPoolExecutor() as pool:
        working = [pool.submit(person.work, busy.base_url, over) for person in people]
        try:
            wait_until(lambda: all(person.rounds for person in people) or has_ended(working))
            before = [person.rounds for person in people]
            examined = subprocess.run(
                docuvault("doctor", "--json"),
                env=busy.environment,
                cwd=busy.folder,
                stdout=subprocess.PIPE,
                check=False,
            )
            after = [person.rounds for person in people]
        finally:
            over.set()
        for person in working:
            person.result()

    # Else nobody was at work meanwhile, and the rest would say nothing.
    assert all(later > sooner + 1 for sooner, later in zip(before, after, strict=True))
    report = json.loads(examined.stdout)
    assert report["findings"] == []
    # The running embedded server holds its index.
    assert (report["complete"], examined.returncode) == (
        (False, 3) if busy.name == "embedded" else (True, 0)
    )
