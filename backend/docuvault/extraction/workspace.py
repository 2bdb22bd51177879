"""A private folder for the files that a process has read, which vanishes with the process."""

import fcntl
import os
import shutil
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

_DRAFT = "docuvault-draft-"
_PREFIX = "docuvault-work-"


class Workspace:
    """A folder in the system's temporary folder; raises `OSError` when there is no room for one.

    A process that is killed removes nothing, so whoever opens the next workspace, or tidies up,
    removes the folders that nobody holds: the kernel gives a lock back when its holder dies.
    """

    def __init__(self) -> None:
        remove_abandoned()
        draft = Path(tempfile.mkdtemp(prefix=_DRAFT))
        self._lock = _open(draft)
        # Cleaners of temporary folders leave a locked one alone, too.
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        # It gets the name that others look for only now, when it is held.
        self.folder = draft.rename(draft.with_name(draft.name.replace(_DRAFT, _PREFIX, 1)))

    def close(self) -> None:
        """Remove the folder with all that is in it."""
        shutil.rmtree(self.folder, ignore_errors=True)
        os.close(self._lock)


def workspaces(parent: Path) -> Iterator[Path]:
    """Folders of this user in `parent` that are or were somebody's workspace."""
    for folder in (*parent.glob(f"{_PREFIX}*"), *parent.glob(f"{_DRAFT}*")):
        try:
            about = folder.lstat()
        except OSError:
            continue  # somebody is just removing it
        # Others may write to the system's temporary folder, too.
        if stat.S_ISDIR(about.st_mode) and about.st_uid == os.geteuid():
            yield folder


def is_held(folder: Path) -> bool:
    """Whether a process works in this folder; raises `OSError` when it is gone."""
    lock = _open(folder)
    try:
        return not _lock(lock)
    finally:
        os.close(lock)


def remove_abandoned() -> None:
    """Remove the folders of processes that are gone; never raises."""
    for folder in workspaces(Path(tempfile.gettempdir())):
        if folder.name.startswith(_DRAFT):
            continue  # perhaps its process is just about to hold it
        try:
            lock = _open(folder)
        except OSError:
            continue
        try:
            if _lock(lock):
                shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(lock)


def _lock(handle: int) -> bool:
    """Hold the folder, unless somebody else does or has just removed it."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _open(folder: Path) -> int:
    return os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
