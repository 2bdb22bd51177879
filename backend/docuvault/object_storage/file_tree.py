"""A tree of durable files below one folder: the blocking half of the filesystem driver."""

import errno
import fcntl
import os
import shutil
import stat
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from uuid import uuid4

import structlog

from docuvault.domain.errors import (
    DependencyUnavailable,
    ErrorCode,
    InsufficientStorage,
    InvalidInput,
    NotFound,
)
from docuvault.object_storage.base import ObjectStat
from docuvault.object_storage.keys import is_segment

INCOMING = ".incoming"

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
_INNER_FOLDER = _FOLDER | os.O_NOFOLLOW
_ATTEMPTS = 50
_FOLDERS_KNOWN = 10_000

log = structlog.get_logger(__name__)


def storage_error(error: Exception) -> Exception:
    """The failure of the catalogue that an error of the operating system stands for."""
    if not isinstance(error, OSError):
        return error
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return InsufficientStorage(ErrorCode.INSUFFICIENT_STORAGE)
    return DependencyUnavailable(ErrorCode.STORAGE_UNAVAILABLE)


class FileTree:
    """Files under keys, given as segments; every call blocks and may raise `OSError`.

    Folders are walked by descriptor and never through a symbolic link, so a key cannot leave the
    root. Files that are being received live in `.incoming/<process>/`, on which their process
    holds a lock: what nobody locks was left by a process that died.
    With `must_exist` reading never makes the root, which then need not be writable.
    """

    def __init__(self, root: Path, reserve_bytes: int, *, must_exist: bool = False) -> None:
        self._root = root
        self._reserve_bytes = reserve_bytes
        self._must_exist = must_exist
        self._opening = Lock()
        self._incoming: Path | None = None
        self._lock_fd = -1
        self._synced = _SyncedFolders()

    def open(self) -> Path:
        """Make the root where it is missing, clear leftovers, return the folder for new files."""
        with self._opening:
            if self._incoming is None:
                _make_durable_folder(self._root)
                shared = self._root / INCOMING
                with suppress(FileExistsError):
                    shared.mkdir(0o700)
                _clear_leftovers(shared)
                self._incoming, self._lock_fd = _claim_folder(shared)
            return self._incoming

    def close(self) -> None:
        """Give back the folder for new files."""
        with self._opening:
            if self._incoming is not None:
                shutil.rmtree(self._incoming, ignore_errors=True)
                os.close(self._lock_fd)
                self._incoming = None

    def is_usable(self) -> bool:
        """Whether the root is there and may be written to, or read when it `must_exist`."""
        with suppress(OSError):
            if self._must_exist:
                os.close(os.open(self._root, _FOLDER))
                return True
            return not os.statvfs(self.open()).f_flag & os.ST_RDONLY
        return False

    def check_space(self, size: int) -> None:
        """Raise `InsufficientStorage` when `size` more bytes would eat into the reserve."""
        disk = os.statvfs(self.open())
        if disk.f_bavail * disk.f_frsize - size < self._reserve_bytes:
            raise InsufficientStorage(ErrorCode.INSUFFICIENT_STORAGE)

    def place(self, source: Path, segments: Sequence[str]) -> None:
        """Give a synced file its key, in place of what was there, and sync the way to it."""
        for _ in range(_ATTEMPTS):
            era = self._synced.era
            try:
                with self._folders(segments[:-1], make=True) as folders:
                    os.replace(source, segments[-1], dst_dir_fd=folders[-1])
                    try:
                        self._sync_way(folders, tuple(segments[:-1]))
                    except OSError:
                        os.unlink(segments[-1], dir_fd=folders[-1])
                        raise
                self._synced.add(segments[:-1], era)
                return
            except FileNotFoundError:
                # A concurrent delete removed a folder that was still empty.
                if not source.exists():
                    raise
            except IsADirectoryError as error:
                raise InvalidInput(ErrorCode.MALFORMED_REQUEST) from error
        raise DependencyUnavailable(ErrorCode.STORAGE_UNAVAILABLE)

    def _sync_way(self, folders: Sequence[int], names: tuple[str, ...]) -> None:
        """Sync the folder of a new file, and every parent whose entry may not be durable yet."""
        os.fsync(folders[-1])
        for depth in range(len(names) - 1, -1, -1):
            if names[: depth + 1] not in self._synced:
                os.fsync(folders[depth])

    def remove(self, segments: Sequence[str]) -> None:
        """Remove a file, then the folders that it leaves empty; an absent file is no error."""
        with suppress(FileNotFoundError, IsADirectoryError), self._folders(segments[:-1]) as path:
            os.unlink(segments[-1], dir_fd=path[-1])
            os.fsync(path[-1])
            for depth in range(len(path) - 2, -1, -1):
                self._synced.forget(segments[: depth + 1])
                try:
                    os.rmdir(segments[depth], dir_fd=path[depth])
                except OSError as error:
                    if error.errno not in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOENT):
                        raise
                    break
                os.fsync(path[depth])

    def open_file(self, segments: Sequence[str]) -> int:
        """A descriptor for reading; raises `NotFound`."""
        with self._existing(segments[:-1]) as folder:
            flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
            try:
                descriptor = os.open(segments[-1], flags, dir_fd=folder)
            except OSError as error:
                if error.errno == errno.ELOOP:
                    raise InvalidInput(ErrorCode.MALFORMED_REQUEST) from error
                raise
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise NotFound(ErrorCode.STORAGE_OBJECT_MISSING)
        return descriptor

    def stat(self, segments: Sequence[str]) -> ObjectStat:
        """Size and time of a file; raises `NotFound`."""
        with self._existing(segments[:-1]) as folder:
            found = os.stat(segments[-1], dir_fd=folder, follow_symlinks=False)
        if not stat.S_ISREG(found.st_mode):
            raise NotFound(ErrorCode.STORAGE_OBJECT_MISSING)
        return _object_stat("/".join(segments), found)

    def walk(self, prefix: str, segments: tuple[str, ...] = ()) -> Iterator[ObjectStat]:
        """All files whose key begins with `prefix`, in the order of their keys."""
        for key, found in self._entries(prefix, segments):
            if found is None:
                yield from self.walk(prefix, tuple(key.split("/")[:-1]))
            else:
                yield _object_stat(key, found)

    def _entries(
        self, prefix: str, segments: tuple[str, ...]
    ) -> list[tuple[str, os.stat_result | None]]:
        """Files and (with a slash behind, which sorts them rightly) folders of one folder."""
        entries: list[tuple[str, os.stat_result | None]] = []
        above = "".join(f"{segment}/" for segment in segments)
        with (
            suppress(FileNotFoundError),
            self._folders(segments) as folders,
            os.scandir(folders[-1]) as found,
        ):
            for entry in found:
                if not is_segment(entry.name):
                    continue
                key = above + entry.name
                if entry.is_dir(follow_symlinks=False):
                    if f"{key}/".startswith(prefix) or prefix.startswith(f"{key}/"):
                        entries.append((f"{key}/", None))
                elif key.startswith(prefix) and entry.is_file(follow_symlinks=False):
                    with suppress(FileNotFoundError):
                        entries.append((key, entry.stat(follow_symlinks=False)))
        return sorted(entries, key=lambda entry: entry[0])

    @contextmanager
    def _existing(self, segments: Sequence[str]) -> Iterator[int]:
        """The folder of a file that should be there; what is missing in it is `NotFound`."""
        try:
            with self._folders(segments) as folders:
                yield folders[-1]
        except FileNotFoundError as error:
            raise NotFound(ErrorCode.STORAGE_OBJECT_MISSING) from error

    @contextmanager
    def _folders(self, segments: Sequence[str], *, make: bool = False) -> Iterator[list[int]]:
        """Descriptors of the root and of every folder below it on the way."""
        with ExitStack() as stack:
            path = [self._open_root()]
            stack.callback(os.close, path[0])
            for segment in segments:
                if make:
                    with suppress(FileExistsError):
                        os.mkdir(segment, 0o700, dir_fd=path[-1])
                try:
                    folder = os.open(segment, _INNER_FOLDER, dir_fd=path[-1])
                except OSError as error:
                    # A link or a file where a folder should be.
                    if error.errno in (errno.ELOOP, errno.ENOTDIR):
                        raise InvalidInput(ErrorCode.MALFORMED_REQUEST) from error
                    raise
                stack.callback(os.close, folder)
                path.append(folder)
            yield path

    def _open_root(self) -> int:
        """A root that was there once is not made again: its disk may be gone for a while."""
        try:
            with suppress(FileNotFoundError):
                return os.open(self._root, _FOLDER)
            if not self._must_exist:
                self.open()
            return os.open(self._root, _FOLDER)
        except FileNotFoundError as error:
            raise DependencyUnavailable(ErrorCode.STORAGE_UNAVAILABLE) from error


class _SyncedFolders:
    """Folders whose entry in their parent is known to be durable, so that it is not synced again.

    What a put learned does not count if any folder was removed since it began (`era`).
    """

    def __init__(self) -> None:
        self.era = 0
        self._known: set[tuple[str, ...]] = set()
        self._changing = Lock()

    def __contains__(self, names: tuple[str, ...]) -> bool:
        return names in self._known

    def add(self, names: Sequence[str], era: int) -> None:
        with self._changing:
            if era == self.era:
                if len(self._known) > _FOLDERS_KNOWN:
                    self._known.clear()
                self._known.update(tuple(names[:depth]) for depth in range(1, len(names) + 1))

    def forget(self, names: Sequence[str]) -> None:
        with self._changing:
            self.era += 1
            self._known.discard(tuple(names))


def _object_stat(key: str, found: os.stat_result) -> ObjectStat:
    return ObjectStat(key, found.st_size, datetime.fromtimestamp(found.st_mtime, UTC))


def _make_durable_folder(path: Path) -> None:
    if path.is_dir():
        return
    parent = path.absolute().parent
    _make_durable_folder(parent)
    with suppress(FileExistsError):
        path.mkdir(0o700)
    folder = os.open(parent, _FOLDER)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _claim_folder(shared: Path) -> tuple[Path, int]:
    """A new folder with a lock on it that ends with this process."""
    while True:
        own = shared / uuid4().hex
        own.mkdir(0o700)
        with suppress(FileNotFoundError):
            lock_fd = os.open(own, _INNER_FOLDER)
            if _lock(lock_fd) and own.exists():
                return own, lock_fd
            # Another process that clears leftovers took the folder before it was locked.
            os.close(lock_fd)


def _clear_leftovers(shared: Path) -> None:
    for leftover in shared.iterdir():
        with suppress(FileNotFoundError):
            if leftover.is_symlink() or not leftover.is_dir():
                leftover.unlink()
                continue
            lock_fd = os.open(leftover, _INNER_FOLDER)
            try:
                if _lock(lock_fd):
                    files = len(os.listdir(lock_fd))
                    shutil.rmtree(leftover)
                    log.info("object_storage.leftovers_removed", files=files)
            finally:
                os.close(lock_fd)


def _lock(folder: int) -> bool:
    try:
        fcntl.flock(folder, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
