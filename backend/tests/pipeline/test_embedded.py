"""The embedded product dies, stops and loses its index, and no document is lost or doubled."""

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from tests.assembly import Assembly, docuvault
from tests.recovery import BrokenUpload, expect_whole, kill_at, texts, upload, wait_until
from tests.servers.process import free_port
from tests.vault import Vault


@pytest.fixture
def data(product: Assembly) -> Path:
    return Path(product.environment["DOCUVAULT_DATA_DIR"])


def stages(vault: Vault) -> list[dict[str, Any]]:
    return [
        stage
        for item in vault.get("/api/documents", per_page=200)["items"]
        for stage in vault.get(f"/api/documents/{item['id']}")["stages"]
    ]


def counted(data: Path, what: str) -> int:
    """Rows of the database, read beside the product."""
    with closing(sqlite3.connect(f"file:{quote(str(data))}/docuvault.db?mode=ro", uri=True)) as db:
        return int(db.execute(f"SELECT count(*) FROM {what}").fetchone()[0])


def test_a_killed_process_goes_on_where_it_was(product: Assembly, vault: Vault, data: Path) -> None:
    files = texts("killed", 20)
    serve = product.processes["serve"]
    upload(vault, files)

    def in_the_middle() -> bool:
        return (
            counted(data, "stage_records WHERE state = 'running'") == 2
            and counted(data, "documents WHERE status = 'ready'") > 0
            and counted(data, "documents WHERE status = 'pending'") > 0
        )

    kill_at([serve.pid], in_the_middle)
    serve.stop()
    serve.start(timeout=60)

    expect_whole(vault, files)
    attempts = [stage["attempts"] for stage in stages(vault)]
    assert max(attempts) == 2, "what was cut off ran again, and no more often"
    # One of the two may have been killed in the midst of its commit, which counts.
    assert 1 <= attempts.count(2) <= 2
    found = vault.search("report about weather", per_page=50)
    assert len({hit["document"]["id"] for hit in found["hits"]}) == 20


def test_a_process_that_is_asked_to_stop_ends_soon_and_loses_nothing(
    product: Assembly, vault: Vault
) -> None:
    """Also while a page listens to the news and documents are worked on."""
    files = texts("stopped", 6)
    serve = product.processes["serve"]
    upload(vault, files)
    with vault.http.stream("GET", "/api/events") as response:
        lines = response.iter_lines()
        assert next(lines) == "event: hello"
        ended = threading.Event()

        def listen() -> None:
            for _ in lines:
                pass
            ended.set()

        threading.Thread(target=listen, daemon=True).start()
        wait_until(lambda: any(stage["state"] == "running" for stage in stages(vault)))
        started = time.monotonic()
        os.kill(serve.pid, signal.SIGTERM)
        wait_until(lambda: not serve.is_running(), timeout=20)
        took = time.monotonic() - started
        assert ended.wait(5), "the stream ends as it should, not by a broken connection"

    assert took < 8
    serve.stop()
    serve.start(timeout=60)
    expect_whole(vault, files)
    assert {stage["attempts"] for stage in stages(vault)} <= {0, 1}, "stopping is not crashing"


def test_a_lost_index_is_made_again(product: Assembly, vault: Vault, data: Path) -> None:
    files = {
        "wool.txt": b"Sheep are shorn in spring, and their wool is spun into yarn.",
        "sea.txt": b"The tide comes in twice a day and brings shells to the beach.",
    }
    serve = product.processes["serve"]
    upload(vault, files)
    expect_whole(vault, files)
    before = meant(vault, "clothes made of animal hair")
    serve.stop()
    shutil.rmtree(data / "vectors")

    serve.start(timeout=60)

    expect_whole(vault, files)
    assert meant(vault, "clothes made of animal hair") == before
    assert meant(vault, "clothes made of animal hair")[0] == "wool.txt"
    assert meant(vault, "ocean waves at the coast")[0] == "sea.txt"


def meant(vault: Vault, question: str) -> list[str]:
    """Names of what is found by meaning alone."""
    hits = vault.search(question, mode="meaning")["hits"]
    return [hit["document"]["original_name"] for hit in hits]


def test_a_process_that_dies_during_an_upload_leaves_no_phantom(
    product: Assembly, vault: Vault, data: Path
) -> None:
    # Large enough to be written before it has arrived as a whole.
    content = random.Random(5).randbytes(4 * 1024 * 1024)
    serve, objects = product.processes["serve"], data / "objects"
    wait_until(lambda: not written(objects))
    with closing(BrokenUpload(product.base_url, "phantom.bin", content)):
        wait_until(lambda: written(objects))
        serve.kill()
    serve.start(timeout=60)

    assert vault.get("/api/documents")["total"] == 0
    again = vault.upload("phantom.bin", content)
    assert again.status_code == 201, "nobody has these bytes yet"
    document = again.json()["document"]
    assert vault.http.get(f"/api/documents/{document['id']}/file").content == content
    wait_until(lambda: sum(path.stat().st_size for path in written(objects)) == len(content))


def written(folder: Path) -> list[Path]:
    """Files with content; the vault's own mark is none that people gave."""
    return [
        path
        for path in folder.rglob("*")
        if path.is_file() and path.stat().st_size and path.parent.name != "_docuvault"
    ]


def test_a_second_process_on_the_same_data_is_refused(product: Assembly, vault: Vault) -> None:
    environment = {**product.environment, "DOCUVAULT_SERVER__PORT": str(free_port())}

    second = subprocess.run(
        docuvault("serve"),
        env=environment,
        cwd=product.folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert second.returncode == 78
    assert "Traceback" not in second.stderr
    assert "Another DocuVault is running on the data folder" in second.stderr
    assert vault.keep("afterwards.txt", b"The first one goes on.")["status"] == "ready"
