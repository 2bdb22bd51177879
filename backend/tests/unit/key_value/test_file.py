"""The file behind key-value storage outlives its process, its damage, and its expired entries."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import pysqlite3
import pytest
import structlog

from docuvault.domain.errors import DependencyUnavailable
from docuvault.key_value.file import FileStorage


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@asynccontextmanager
async def opened(path: Path, clock: Clock | None = None, **more: int) -> AsyncIterator[FileStorage]:
    storage = FileStorage(path, clock=clock or Clock(), **more)
    try:
        yield storage
    finally:
        await storage.close()


def rows(path: Path) -> int:
    with closing(pysqlite3.connect(str(path))) as connection:
        return int(connection.execute("SELECT count(*) FROM entries").fetchone()[0])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "a 100% ödd folder" / "facts.db"


async def test_what_was_kept_is_there_after_a_restart_and_expires_on_time(path: Path) -> None:
    clock = Clock()
    async with opened(path, clock) as storage:
        await storage.set("stays", {"a": 1})
        await storage.set("short", 1, expire=10)
        await storage.increment("counted", 5, expire=100)
    clock.now += 11
    async with opened(path, clock) as storage:
        assert await storage.get("stays") == {"a": 1}
        assert await storage.get("short", "gone") == "gone"
        assert await storage.increment("counted") == 6
        assert sorted([key async for key in storage.scan("")]) == ["counted", "stays"]


async def test_two_processes_see_the_same_entries(path: Path) -> None:
    async with opened(path) as one, opened(path) as other:
        await one.set("mode", "safe")
        assert await other.get("mode") == "safe"
        counted = await asyncio.gather(*(side.increment("n") for side in (one, other) * 20))
        assert sorted(counted) == list(range(1, 41))
        won = await asyncio.gather(*(side.add_if_absent("lock", 1) for side in (one, other) * 20))
        assert won.count(True) == 1


async def test_expired_entries_give_their_room_back(path: Path) -> None:
    clock = Clock()
    async with opened(path, clock) as storage:
        for number in range(50):
            await storage.set(f"short:{number}", 1, expire=10)
        clock.now += 100
        await storage.set("fact", 1)
    assert rows(path) == 1


@pytest.mark.parametrize("damage", ["no database at all", "torn in the middle"])
async def test_a_damaged_file_is_set_aside_and_begun_anew(path: Path, damage: str) -> None:
    async with opened(path) as storage:
        for number in range(500):
            await storage.set(f"fact:{number}", "x" * 200)
    if damage == "torn in the middle":
        content = bytearray(path.read_bytes())
        content[4096 * 2 : 4096 * 12] = b"\xff" * 4096 * 10
        path.write_bytes(content)
    else:
        path.write_bytes(b"this is not a database" * 1000)

    with structlog.testing.capture_logs() as logs:
        async with opened(path) as storage:
            assert await storage.get("fact:1", "gone") == "gone"
            await storage.set("fact", 1)
            assert await storage.get("fact") == 1
    assert [entry["event"] for entry in logs] == ["key_value.file_damaged"]
    assert path.with_name("facts.db.damaged").is_file()
    async with opened(path) as storage:
        assert await storage.get("fact") == 1


async def test_damage_is_noticed_while_the_file_is_open(path: Path) -> None:
    async with opened(path) as storage:
        for number in range(500):
            await storage.set(f"fact:{number}", "x" * 200)
        # The log goes into the file, and the page cache is not asked for what is read next.
        await storage._do(lambda connection: connection.execute("PRAGMA wal_checkpoint(TRUNCATE)"))
        await storage._do(lambda connection: connection.execute("PRAGMA shrink_memory"))
        content = bytearray(path.read_bytes())
        content[4096:] = b"\xff" * (len(content) - 4096)
        path.write_bytes(content)
        assert await storage.get("fact:400", "gone") == "gone"
        await storage.set("fact", 1)
        assert await storage.get("fact") == 1


async def test_a_full_file_is_an_outage_and_no_miss(path: Path) -> None:
    async with opened(path, max_bytes=200 * 4096) as storage:
        await storage.set("kept", 1)
        with pytest.raises(DependencyUnavailable):
            for number in range(100):
                await storage.set(f"large:{number}", "x" * 100_000)
        assert await storage.get("kept") == 1


async def test_a_folder_that_cannot_be_written_is_an_outage(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    async with opened(tmp_path / "file" / "facts.db") as storage:
        with pytest.raises(DependencyUnavailable) as caught:
            await storage.get("fact")
        assert str(tmp_path) not in str(caught.value)


async def test_another_sqlite_finds_the_file_whole(path: Path) -> None:
    async with opened(path) as storage:
        await storage.set("fact", 1)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
