"""The disk of an embedded vault is full or fails, descriptors run out, and the log is full."""

import itertools
import os
import resource
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.assembly import Assembly, docuvault, embedded
from tests.faults.lab import Witness, examine, expect_problem, wait_ready
from tests.recovery import BrokenUpload, texts, wait_until
from tests.servers.process import ServerProcess
from tests.vault import Vault

MIB = 1024 * 1024
RESERVE = 4 * MIB


@pytest.fixture(scope="module")
def disk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A disk of its own for the data folder, which tests can fill up."""
    folder = tmp_path_factory.mktemp("disk")
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=192m", "tmpfs", str(folder)],
        capture_output=True,
        text=True,
        check=False,
    )
    if mounted.returncode:
        pytest.skip(f"only root may mount a small disk: {mounted.stderr.strip()}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture(scope="module")
def product(model_dir: Path, disk: Path) -> Iterator[Assembly]:
    with embedded(model_dir, disk, DOCUVAULT_STORAGE__RESERVE_BYTES=str(RESERVE)) as running:
        yield running


@pytest.fixture
def witness(product: Assembly, tmp_path: Path) -> Iterator[Witness]:
    with Vault(product.base_url) as client:
        client.empty()
        yield Witness(client, tmp_path / "ledger.jsonl")


@contextmanager
def filled(disk: Path, left: int) -> Iterator[None]:
    """Somebody else takes all of the disk but so many bytes."""
    ballast = disk / "ballast"
    with ballast.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, max(1, shutil.disk_usage(disk).free - left))
    try:
        yield
    finally:
        ballast.unlink()


def test_below_the_reserve_nothing_new_is_taken_and_all_else_works(
    product: Assembly, disk: Path, witness: Witness
) -> None:
    vault = witness.vault
    witness.keep(texts("before", 3))
    witness.expect_whole()
    first, second, _ = (item["id"] for item in vault.get("/api/documents")["items"])

    with filled(disk, left=RESERVE // 2):
        expect_problem(witness.upload("a.txt", b"one more"), 507, "insufficient_storage")
        expect_problem(witness.upload("b.bin", bytes(3 * MIB)), 507, "insufficient_storage")
        assert vault.search("wool")["hits"]
        assert vault.http.get(f"/api/documents/{first}/file").status_code == 200
        title = vault.http.patch(f"/api/documents/{first}", json={"title": "Renamed"})
        assert title.status_code == 200
        assert vault.http.delete(f"/api/documents/{second}").status_code == 204
        _forget(witness, second)

    witness.keep({"a.txt": b"one more report about wool"})
    witness.expect_whole()


def _forget(witness: Witness, document_id: str) -> None:
    """A deletion was acknowledged, so the document is not missed."""
    entries = witness.ledger.entries
    gone = [sha256 for sha256, entry in entries.items() if document_id in entry.ids]
    for sha256 in gone:
        del entries[sha256]


def test_on_a_disk_without_a_free_byte_nothing_is_lost(
    product: Assembly, disk: Path, witness: Witness
) -> None:
    """Not even the database can write; what it says is that, and never that something broke."""
    vault = witness.vault
    witness.keep(texts("full", 3))
    witness.expect_whole()
    (item, *_) = vault.get("/api/documents")["items"]

    with filled(disk, left=0):
        for number in range(3):
            answer = witness.upload(f"{number}.txt", f"one more {number}".encode())
            assert answer.status_code in (503, 507), answer.text
            assert answer.headers["retry-after"]
        answer = vault.http.patch(f"/api/documents/{item['id']}", json={"title": "Renamed"})
        assert answer.status_code in (200, 503, 507), answer.text
        assert vault.http.get(f"/api/documents/{item['id']}/file").status_code == 200
        assert vault.get("/api/documents")["total"] == 3
        assert vault.http.get("/health/live").status_code == 200

    witness.keep({"after.txt": b"there is room again for a report about wool"})
    witness.expect_whole()
    assert product.processes["serve"].is_running()


def test_without_descriptors_uploads_are_refused_until_there_are_some(
    product: Assembly, witness: Witness
) -> None:
    pid = product.processes["serve"].pid
    witness.keep(texts("descriptors", 1))
    witness.expect_whole()
    limits = resource.prlimit(pid, resource.RLIMIT_NOFILE)
    taken = {int(link.name) for link in Path(f"/proc/{pid}/fd").iterdir()}
    # A new one gets the lowest number that is free, and closed ones leave gaps.
    lowest_free = next(number for number in itertools.count() if number not in taken)
    resource.prlimit(pid, resource.RLIMIT_NOFILE, (lowest_free, limits[1]))
    try:
        for number in range(3):
            answer = witness.upload(f"{number}.bin", bytes([number]) * (2 * MIB))
            assert answer.status_code == 503, answer.text
            assert answer.json()["code"] in {"storage_unavailable", "db_unavailable"}
    finally:
        resource.prlimit(pid, resource.RLIMIT_NOFILE, limits)

    witness.keep({"after.txt": b"a report about wool after that"})
    witness.expect_whole()
    assert not [link for link in Path(f"/proc/{pid}/fd").iterdir() if _is_incoming(link)]


def _is_incoming(link: Path) -> bool:
    target = os.readlink(link)
    return "/.incoming/" in target and Path(target).is_file()


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_bytes_that_the_disk_does_not_confirm_are_not_acknowledged(
    product: Assembly, witness: Witness
) -> None:
    """Every fsync says EIO, as a failing disk would."""
    pid = product.processes["serve"].pid
    witness.keep(texts("synced", 1))
    witness.expect_whole()
    inject = "inject=fsync,fdatasync:error=EIO"
    tracer = subprocess.Popen(
        ["strace", "-f", "-q", "-e", "trace=fsync,fdatasync", "-e", inject, "-p", str(pid)],
        stderr=subprocess.DEVNULL,
    )
    try:
        wait_until(lambda: _is_traced(pid))
        for number in range(3):
            answer = witness.upload(f"{number}.txt", f"never confirmed {number}".encode())
            assert answer.status_code in (503, 507), answer.text
    finally:
        tracer.send_signal(signal.SIGINT)
        tracer.wait()

    witness.keep({"after.txt": b"a report about wool on a disk that works"})
    witness.expect_whole()
    examine_stopped(product)


def _is_traced(pid: int) -> bool:
    """Whether all threads have a tracer."""
    for status in Path(f"/proc/{pid}/task").glob("*/status"):
        if "TracerPid:\t0\n" in status.read_text():
            return False
    return True


def examine_stopped(product: Assembly) -> None:
    """The doctor on the stopped vault, which holds its index while it runs."""
    serve = product.processes["serve"]
    assert serve.stop()
    examine(product)
    serve.start(timeout=60)


def test_a_log_that_cannot_be_written_stops_nothing(model_dir: Path, tmp_path: Path) -> None:
    """All that the process says goes to a device that is always full."""
    with embedded(model_dir, tmp_path) as running:
        running.processes["serve"].stop()
        speechless = ServerProcess(
            ["/bin/sh", "-c", 'exec "$0" "$@" >/dev/full 2>&1', *docuvault("serve")],
            log=tmp_path / "speechless.log",
            is_ready=lambda: _is_up(running.base_url),
            env=running.environment,
        )
        try:
            speechless.start(timeout=60)
            with Vault(running.base_url) as vault:
                witness = Witness(vault, tmp_path / "ledger.jsonl")
                witness.keep(texts("unheard", 2))
                assert witness.upload("empty.txt", b"").status_code == 422
                witness.expect_whole()
                assert vault.search("wool")["hits"]
        finally:
            assert speechless.stop()


def _is_up(base_url: str) -> bool:
    try:
        wait_ready(base_url, timeout=0.1)
    except AssertionError:
        return False
    return True


def test_a_stop_lets_uploads_end_that_have_begun(model_dir: Path, tmp_path: Path) -> None:
    """Others find nobody who listens, and come again when the next process does."""
    content = b"a report about wool\n" * 5000
    with embedded(model_dir, tmp_path) as running:
        serve = running.processes["serve"]
        expect = "Expect: 100-continue\r\n"
        with closing(BrokenUpload(running.base_url, "slow.txt", content, headers=expect)) as upload:
            assert b" 100 " in upload.answer()
            os.kill(serve.pid, signal.SIGTERM)
            wait_until(lambda: not _listens(running))
            assert serve.is_running()
            upload.finish()
            answer = upload.answer()
        assert b" 201 " in answer.splitlines()[0]
        wait_until(lambda: not serve.is_running(), timeout=20)
        serve.stop()
        serve.start(timeout=60)
        with Vault(running.base_url) as vault:
            (item,) = vault.get("/api/documents")["items"]
            assert vault.wait(item["id"])["status"] == "ready"
            assert vault.http.get(f"/api/documents/{item['id']}/file").content == content


def _listens(running: Assembly) -> bool:
    host, _, port = running.base_url.removeprefix("http://").partition(":")
    try:
        socket.create_connection((host, int(port)), timeout=5).close()
    except ConnectionError:
        return False
    return True
