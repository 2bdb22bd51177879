"""While the broker is away a stand-in works from the rows; it never outlives its worker or need."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from redis import Redis

from docuvault.worker.broker_watch import StandInProcess
from tests.assembly import Assembly, Services, docuvault
from tests.recovery import (
    children_of,
    command_of,
    expect_whole,
    start_again,
    texts,
    upload,
    wait_until,
)
from tests.vault import Vault

pytestmark = pytest.mark.services

# What the specification allows between an upload and the begin of its work, in seconds.
_SOON = 30


@pytest.fixture
def under(product: Assembly) -> Services:
    assert product.services is not None
    return product.services


def standins(product: Assembly) -> list[int]:
    """The stand-ins of the worker."""
    return [
        pid for pid in children_of(product.processes["worker"].pid) if b"standin" in command_of(pid)
    ]


@contextmanager
def away(under: Services, how: str) -> Iterator[None]:
    """Redis takes no messages until the block ends."""
    match how:
        case "dead":
            under.valkey.kill()
        case "hanging":
            under.valkey.pause()
        case _:
            limit_memory(under, 100_000)
    try:
        yield
    finally:
        match how:
            case "dead":
                under.valkey.start()
            case "hanging":
                under.valkey.resume()
            case _:
                limit_memory(under, 0)


def limit_memory(under: Services, limit: int) -> None:
    with Redis.from_url(under.valkey.url) as redis:
        redis.config_set("maxmemory", limit)


@pytest.mark.parametrize("how", ["dead", "hanging", "full"])
def test_work_goes_on_without_the_broker(
    product: Assembly, under: Services, vault: Vault, how: str
) -> None:
    files = texts(f"without the broker {how}", 3)
    with away(under, how):
        upload(vault, files)
        wait_until(lambda: vault.get("/api/documents", status="ready")["total"], timeout=_SOON)
        expect_whole(vault, files)

    wait_until(lambda: not standins(product))
    assert product.processes["worker"].is_running()
    assert vault.keep("afterwards.txt", b"The worker goes on.")["status"] == "ready"


def test_a_worker_that_meets_a_full_redis_at_its_start_lives(
    product: Assembly, under: Services, vault: Vault
) -> None:
    files = texts("full from the start", 2)
    product.processes["worker"].stop()
    with away(under, "full"):
        start_again(product, "worker", "used memory > 'maxmemory'")
        upload(vault, files)
        expect_whole(vault, files)
        assert product.processes["worker"].is_running()

    wait_until(lambda: not standins(product))


def test_a_standin_that_dies_is_started_again_and_never_outlives_its_worker(
    product: Assembly, under: Services, vault: Vault
) -> None:
    files = texts("dying", 2)
    with away(under, "dead"):
        wait_until(lambda: standins(product))
        [first] = standins(product)
        os.kill(first, signal.SIGKILL)
        upload(vault, files)
        expect_whole(vault, files)
        [second] = standins(product)
        assert second != first

        product.processes["worker"].kill()
        wait_until(lambda: not command_of(second))
    start_again(product, "worker", "ready.")


def test_two_standins_do_nothing_twice(product: Assembly, under: Services, vault: Vault) -> None:
    files = texts("twice", 8)
    with away(under, "dead"):
        wait_until(lambda: standins(product))
        other = subprocess.Popen(
            docuvault("standin"),
            env=product.environment,
            cwd=product.folder,
            stderr=subprocess.DEVNULL,
        )
        try:
            upload(vault, files)
            expect_whole(vault, files)
        finally:
            other.terminate()
            assert other.wait(timeout=30) == 0
    with under.postgres.connect("docuvault") as rows:
        assert rows.execute("SELECT DISTINCT attempts FROM stage_records").fetchall() == [(1,)]


def test_a_standin_that_cannot_start_is_not_started_all_the_time(tmp_path: Path) -> None:
    starts = tmp_path / "starts"
    program = "import sys; print('start', file=open(sys.argv[1], 'a')); sys.exit(69)"
    standin = StandInProcess([sys.executable, "-c", program, str(starts)])
    deadline = time.monotonic() + 2.5
    while time.monotonic() < deadline:
        standin.keep()
        time.sleep(0.05)
    standin.close()

    # One at once, one after a second, the next one two seconds later.
    assert starts.read_text().split() == ["start"] * 2
