"""A private folder for the files that a process has read, which vanishes with the process."""

import contextlib
import fcntl
import os
import shutil
import stat
import tempfile
from pathlib import Path

_DRAFT = "docuvault-draft-"
_PREFIX = "docuvault-work-"


class Workspace:
    """A folder in the system's temporary folder; raises `OSError` when there is no room for one.

    A process that is killed removes nothing, so whoever opens the next workspace removes the
    folders that nobody holds: the kernel gives a lock back when its holder dies.
    """

    def __init__(self) -> None:
        _remove_abandoned(Path(tempfile.gettempdir()))
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


def _remove_abandoned(parent: Path) -> None:
    for folder in parent.glob(f"{_PREFIX}*"):
        try:
            about = folder.lstat()
            # Others may write to the system's temporary folder, too.
            if not stat.S_ISDIR(about.st_mode) or about.st_uid != os.geteuid():
                continue
            lock = _open(folder)
        except OSError:
            continue  # somebody is just removing it
        try:
            # Held, or somebody else has just removed it.
            with contextlib.suppress(OSError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
        finally:
            os.close(lock)


def _open(folder: Path) -> int:
    return os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
