"""The filesystem driver: what reaches the disk, in which order, and what never may."""

import asyncio
import errno
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest

from docuvault.domain.errors import (
    DependencyUnavailable,
    DocuVaultError,
    ErrorCode,
    InsufficientStorage,
    InvalidInput,
    NotFound,
)
from docuvault.object_storage.filesystem import FilesystemBackend
from docuvault.object_storage.threads import Threads

KEY = "owner/document/object.pdf"
MIB = 1024 * 1024


async def chunks_of(data: bytes, size: int = 64 * 1024) -> AsyncIterator[bytes]:
    for start in range(0, len(data), size):
        yield data[start : start + size]


async def keys(storage: FilesystemBackend) -> list[str]:
    return [item.key async for item in storage.list_objects()]


def files(root: Path) -> list[str]:
    return sorted(str(path.relative_to(root)) for path in root.rglob("*") if path.is_file())


def sizes(root: Path) -> list[int]:
    return [(root / name).stat().st_size for name in files(root)]


def modes(root: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mode & 0o777 for path in [root, *root.rglob("*")]}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "objects"


@pytest.fixture
async def storage(root: Path) -> AsyncIterator[FilesystemBackend]:
    storage = FilesystemBackend(root, reserve_bytes=0)
    yield storage
    await storage.close()


class Recorder:
    """Notes the calls that make a file durable, with paths relative to the root."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, root: Path) -> None:
        self.calls: list[tuple[str, str]] = []
        self._root = root
        fsync, replace, mkdir, rmdir, unlink = os.fsync, os.replace, os.mkdir, os.rmdir, os.unlink

        def note_fsync(fd: int) -> None:
            self._note("fsync", self._path(fd))
            fsync(fd)

        def note_replace(source: Path, name: str, *, dst_dir_fd: int) -> None:
            replace(source, name, dst_dir_fd=dst_dir_fd)
            self._note("replace", self._path(dst_dir_fd) / name)

        def note_mkdir(name: Any, mode: int = 0o777, *, dir_fd: int | None = None) -> None:
            mkdir(name, mode, dir_fd=dir_fd)
            self._note("mkdir", (self._path(dir_fd) if dir_fd else Path()) / name)

        def note_rmdir(name: Any, *, dir_fd: int | None = None) -> None:
            rmdir(name, dir_fd=dir_fd)
            self._note("rmdir", (self._path(dir_fd) if dir_fd else Path()) / name)

        def note_unlink(name: Any, *, dir_fd: int | None = None) -> None:
            unlink(name, dir_fd=dir_fd)
            self._note("unlink", (self._path(dir_fd) if dir_fd else Path()) / name)

        monkeypatch.setattr(os, "fsync", note_fsync)
        monkeypatch.setattr(os, "replace", note_replace)
        monkeypatch.setattr(os, "mkdir", note_mkdir)
        monkeypatch.setattr(os, "rmdir", note_rmdir)
        monkeypatch.setattr(os, "unlink", note_unlink)

    def taken(self) -> list[tuple[str, str]]:
        calls, self.calls = self.calls, []
        return calls

    def _path(self, fd: int) -> Path:
        return Path(os.readlink(f"/proc/self/fd/{fd}"))

    def _note(self, call: str, path: Path) -> None:
        name = os.path.relpath(path, self._root)
        self.calls.append((call, "TEMP" if name.startswith(".incoming/") else name))


async def test_everything_is_synced_in_order(
    storage: FilesystemBackend, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = Recorder(monkeypatch, root)
    await storage.verify()
    assert recorder.taken()[:4] == [
        ("mkdir", ".."),
        ("fsync", "../.."),
        ("mkdir", "."),
        ("fsync", ".."),
    ]
    await storage.put_stream("o/d/1", chunks_of(b"x"), "x/y")
    assert recorder.taken() == [
        ("fsync", "TEMP"),
        ("mkdir", "o"),
        ("mkdir", "o/d"),
        ("replace", "o/d/1"),
        ("fsync", "o/d"),
        ("fsync", "o"),
        ("fsync", "."),
    ]
    # Folders that are known to be durable are not synced into their parents again.
    await storage.put_stream("o/d/2", chunks_of(b"x"), "x/y")
    assert recorder.taken() == [("fsync", "TEMP"), ("replace", "o/d/2"), ("fsync", "o/d")]
    await storage.put_stream("o/e/3", chunks_of(b"x" * 3 * MIB), "x/y")
    assert recorder.taken() == [
        ("fsync", "TEMP"),
        ("mkdir", "o/e"),
        ("replace", "o/e/3"),
        ("fsync", "o/e"),
        ("fsync", "o"),
    ]
    await storage.delete_object("o/d/1")
    assert recorder.taken() == [("unlink", "o/d/1"), ("fsync", "o/d")]
    await storage.delete_object("o/d/2")
    assert recorder.taken() == [
        ("unlink", "o/d/2"),
        ("fsync", "o/d"),
        ("rmdir", "o/d"),
        ("fsync", "o"),
    ]
    await storage.delete_object("o/e/3")
    assert recorder.taken()[-2:] == [("rmdir", "o"), ("fsync", ".")]
    # What was removed has to be synced again when it comes back.
    await storage.put_stream("o/d/1", chunks_of(b"x"), "x/y")
    assert recorder.taken()[-3:] == [("fsync", "o/d"), ("fsync", "o"), ("fsync", ".")]


async def test_folders_of_an_earlier_process_are_synced_once_more(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It may have been killed between making a folder and syncing it."""
    (root / "o" / "d").mkdir(parents=True)
    storage = FilesystemBackend(root, reserve_bytes=0)
    await storage.verify()
    recorder = Recorder(monkeypatch, root)
    await storage.put_stream("o/d/1", chunks_of(b"x"), "x/y")
    assert recorder.taken()[-3:] == [("fsync", "o/d"), ("fsync", "o"), ("fsync", ".")]
    await storage.close()


async def test_only_the_owner_of_the_process_may_read(
    storage: FilesystemBackend, root: Path
) -> None:
    before = os.umask(0)
    try:
        await storage.put_stream(KEY, chunks_of(b"secret"), "x/y")
    finally:
        os.umask(before)
    found = modes(root)
    assert found.pop(str(root / KEY)) == 0o600
    assert len(found) == 5
    assert set(found.values()) == {0o700}


async def test_links_are_never_followed(
    storage: FilesystemBackend, root: Path, tmp_path: Path
) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "secret").write_bytes(b"secret")
    await storage.verify()
    (root / "folder").symlink_to(outside)
    (root / "real").mkdir()
    (root / "real" / "link").symlink_to(outside / "secret")
    (root / "real" / "up").symlink_to("..")

    async def read(key: str) -> bytes:
        return await storage.get_object(key)

    for key in ("folder/secret", "real/up/real/link", "folder/new/x"):
        for call in (read, storage.stat, storage.delete_object):
            with pytest.raises(InvalidInput):
                await call(key)
        with pytest.raises(InvalidInput):
            await storage.put_stream(key, chunks_of(b"overwritten"), "x/y")
    with pytest.raises(InvalidInput):
        await read("real/link")
    with pytest.raises(NotFound):
        await storage.stat("real/link")
    assert await keys(storage) == []
    # Only the link itself is replaced, never what it points to.
    await storage.put_stream("real/link", chunks_of(b"mine"), "x/y")
    assert await read("real/link") == b"mine"
    assert files(outside) == ["secret"]
    assert (outside / "secret").read_bytes() == b"secret"


async def test_the_root_itself_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    (tmp_path / "objects").symlink_to(tmp_path / "disk")
    storage = FilesystemBackend(tmp_path / "objects", reserve_bytes=0)
    await storage.put_stream(KEY, chunks_of(b"x"), "x/y")
    assert (tmp_path / "disk" / KEY).read_bytes() == b"x"
    await storage.close()


async def test_objects_and_folders_do_not_replace_each_other(storage: FilesystemBackend) -> None:
    await storage.put_stream("a/b", chunks_of(b"x"), "x/y")
    for key in ("a", "a/b/c"):
        with pytest.raises(InvalidInput):
            await storage.put_stream(key, chunks_of(b"y"), "x/y")
    with pytest.raises(NotFound):
        await storage.stat("a")
    with pytest.raises(NotFound):
        await storage.get_object("a")
    await storage.delete_object("a")
    assert await keys(storage) == ["a/b"]


async def test_a_named_pipe_does_not_block(storage: FilesystemBackend, root: Path) -> None:
    await storage.verify()
    os.mkfifo(root / "pipe")
    with pytest.raises(NotFound):
        await storage.get_object("pipe")
    assert await keys(storage) == []


def failing(function: Callable[..., Any], code: int, calls_before: int) -> Callable[..., Any]:
    """The function, which fails as the operating system would after so many calls."""
    remaining = calls_before

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        nonlocal remaining
        remaining -= 1
        if remaining < 0:
            raise OSError(code, os.strerror(code))
        return function(*args, **kwargs)

    return wrapped


@pytest.mark.parametrize(
    ("code", "kind", "expected"),
    [
        (errno.ENOSPC, InsufficientStorage, ErrorCode.INSUFFICIENT_STORAGE),
        (errno.EDQUOT, InsufficientStorage, ErrorCode.INSUFFICIENT_STORAGE),
        (errno.EIO, DependencyUnavailable, ErrorCode.STORAGE_UNAVAILABLE),
        (errno.EROFS, DependencyUnavailable, ErrorCode.STORAGE_UNAVAILABLE),
    ],
)
@pytest.mark.parametrize(
    ("name", "calls_before"),
    [
        ("open", 0),
        ("writev", 0),
        ("writev", 2),
        ("fsync", 0),
        ("fsync", 1),
        ("fsync", 2),
        ("fsync", 3),
        ("mkdir", 0),
        ("mkdir", 1),
        ("replace", 0),
    ],
)
async def test_a_failing_disk_leaves_nothing(
    storage: FilesystemBackend,
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    calls_before: int,
    code: int,
    kind: type[DocuVaultError],
    expected: ErrorCode,
) -> None:
    await storage.verify()
    with monkeypatch.context() as patch:
        patch.setattr(os, name, failing(getattr(os, name), code, calls_before))
        with pytest.raises(kind) as caught:
            await storage.put_stream(KEY, chunks_of(b"x" * 4 * MIB), "x/y")
    assert caught.value.code is expected
    assert files(root) == []
    assert await keys(storage) == []
    # It works again as soon as the disk does.
    await storage.put_stream(KEY, chunks_of(b"x"), "x/y")
    assert await storage.get_object(KEY) == b"x"


async def test_short_writes_are_continued(
    storage: FilesystemBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = os.urandom(300_000)
    monkeypatch.setattr(os, "writev", lambda fd, views: os.write(fd, bytes(views[0])[:7919]))
    assert await storage.put_stream(KEY, chunks_of(data), "x/y") == len(data)
    assert await storage.get_object(KEY) == data


async def test_the_reserve_stops_uploads_and_nothing_else(root: Path) -> None:
    storage = FilesystemBackend(root, reserve_bytes=0)
    await storage.put_stream(KEY, chunks_of(b"kept"), "x/y")
    await storage.close()
    storage = FilesystemBackend(root, reserve_bytes=1 << 62)
    for size in (0, 1, 3 * MIB):
        with pytest.raises(InsufficientStorage) as caught:
            await storage.put_stream("new/object", chunks_of(b"x" * size), "x/y")
        assert caught.value.code is ErrorCode.INSUFFICIENT_STORAGE
    assert files(root) == [KEY]
    assert await storage.health_check()
    assert await storage.get_object(KEY) == b"kept"
    await storage.delete_object(KEY)
    assert await keys(storage) == []
    await storage.close()


async def test_an_upload_stops_when_the_disk_fills_up_meanwhile(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    storage = FilesystemBackend(root, reserve_bytes=1000)
    await storage.verify()
    real = os.statvfs(root)
    full = os.statvfs_result([*real[:4], 0, *real[5:]])

    async def source() -> AsyncIterator[bytes]:
        yield b"x" * 2 * MIB
        yield b"x" * 2 * MIB
        await asyncio.sleep(0.05)
        assert sizes(root)[0] >= 2 * MIB
        monkeypatch.setattr(os, "statvfs", lambda _: full)
        yield b"x"

    with pytest.raises(InsufficientStorage):
        await storage.put_stream(KEY, source(), "x/y")
    assert files(root) == []
    await storage.close()


async def test_a_file_that_becomes_shorter_is_not_passed_off_as_whole(
    storage: FilesystemBackend, root: Path
) -> None:
    await storage.put_stream(KEY, chunks_of(b"x" * 3 * MIB), "x/y")
    async with storage.open_stream(KEY) as chunks:
        await anext(chunks)
        os.truncate(root / KEY, MIB + 5)
        assert len(await anext(chunks)) == 5
        with pytest.raises(DependencyUnavailable):
            await anext(chunks)


async def test_small_objects_take_one_trip_to_a_thread(
    storage: FilesystemBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    await storage.verify()
    trips = 0
    start = Threads.start

    def counted(*args: Any, **kwargs: Any) -> Any:
        nonlocal trips
        trips += 1
        return start(*args, **kwargs)

    monkeypatch.setattr(Threads, "start", counted)
    await storage.put_stream(KEY, chunks_of(b"x" * 127_000), "x/y")
    assert trips == 1
    await storage.get_object(KEY)
    assert trips == 2
    await storage.put_stream(KEY, chunks_of(b"x" * 10 * MIB), "x/y")
    assert trips <= 2 + 11


async def test_no_descriptor_stays_open(storage: FilesystemBackend) -> None:
    await storage.put_stream(KEY, chunks_of(b"x" * 3 * MIB), "x/y")

    async def broken() -> AsyncIterator[bytes]:
        yield b"x" * 3 * MIB
        raise OSError(errno.EPIPE, "the client left")

    async def rounds() -> None:
        with pytest.raises(BrokenPipeError):
            await storage.put_stream("other", broken(), "x/y")
        async with storage.open_stream(KEY) as chunks:
            await anext(chunks)
        for missing in ("owner/missing", "owner", "owner/document/object.pdf/x"):
            with pytest.raises((NotFound, InvalidInput)):
                await storage.get_object(missing)
        reading = asyncio.create_task(storage.get_object(KEY))
        await asyncio.sleep(0)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading
        await keys(storage)

    await rounds()
    before = len(os.listdir("/proc/self/fd"))
    for _ in range(5):
        await rounds()
    assert len(os.listdir("/proc/self/fd")) <= before


SLOW_PUT = """
import asyncio, sys
from pathlib import Path
from docuvault.object_storage.filesystem import FilesystemBackend

async def chunks():
    for _ in range(5):
        yield b"x" * 1024 * 1024
    await asyncio.sleep(0.2)
    print("receiving", flush=True)
    await asyncio.sleep(60)

async def main():
    storage = FilesystemBackend(Path(sys.argv[1]), reserve_bytes=0)
    await storage.put_stream("owner/document/object.pdf", chunks(), "x/y")

asyncio.run(main())
"""


def start_slow_put(root: Path) -> subprocess.Popen[str]:
    package = Path(__file__).parents[2]
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW_PUT, str(root)],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(package)},
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "receiving\n"
    return process


async def test_a_killed_process_leaves_nothing_visible(root: Path) -> None:
    with start_slow_put(root) as process:
        bystander = FilesystemBackend(root, reserve_bytes=0)
        await bystander.verify()
        # The process still lives, so its file is not taken for a leftover.
        assert sizes(root) == [5 * MIB]
        assert await keys(bystander) == []
        process.send_signal(signal.SIGKILL)
        process.wait()
    with pytest.raises(NotFound):
        await bystander.stat(KEY)
    assert await keys(bystander) == []
    assert len(files(root)) == 1
    await bystander.close()

    storage = FilesystemBackend(root, reserve_bytes=0)
    await storage.verify()
    assert files(root) == []
    assert await keys(storage) == []
    await storage.close()
    assert list((root / ".incoming").iterdir()) == []


async def test_strange_things_among_the_leftovers_do_no_harm(
    storage: FilesystemBackend, root: Path, tmp_path: Path
) -> None:
    (root / ".incoming" / "dead").mkdir(parents=True)
    (root / ".incoming" / "dead" / "file").write_bytes(b"x")
    (root / ".incoming" / "stray").write_bytes(b"x")
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "file").write_bytes(b"x")
    (root / ".incoming" / "link").symlink_to(tmp_path / "kept")
    await storage.verify()
    assert files(root) == []
    assert files(tmp_path / "kept") == ["file"]


async def test_it_is_unhealthy_where_it_cannot_write(
    storage: FilesystemBackend, root: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_bytes(b"")
    blocked = FilesystemBackend(tmp_path / "file" / "objects", reserve_bytes=0)
    assert not await blocked.health_check()
    with pytest.raises(DependencyUnavailable):
        await blocked.verify()
    await blocked.close()
    assert await storage.health_check()


async def test_making_the_driver_touches_nothing(root: Path, tmp_path: Path) -> None:
    storage = FilesystemBackend(root, reserve_bytes=0)
    assert os.listdir(tmp_path) == []
    await storage.close()
    assert os.listdir(tmp_path) == []


async def test_an_upload_during_close_fails_and_leaves_nothing(root: Path) -> None:
    storage = FilesystemBackend(root, reserve_bytes=0)
    started = asyncio.Event()
    closed = asyncio.Event()

    async def source() -> AsyncIterator[bytes]:
        yield b"x" * 2 * MIB
        started.set()
        await closed.wait()
        yield b"x" * 2 * MIB

    upload = asyncio.create_task(storage.put_stream(KEY, source(), "x/y"))
    await started.wait()
    await storage.close()
    closed.set()
    with pytest.raises(DependencyUnavailable):
        await upload
    assert files(root) == []
