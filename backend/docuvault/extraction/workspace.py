"""A private folder for the files that a process has read, which vanishes with the process."""

import contextlib
import fcntl
import os
import shutil
import stat
import tempfile
from pathlib import Path

_LOCK = ".lock"
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
        self._lock = os.open(draft / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        # It gets the name that others look for only now, when it is held.
        self.folder = draft.rename(draft.with_name(draft.name.replace(_DRAFT, _PREFIX, 1)))

    def close(self) -> None:
        """Remove the folder with all that is in it."""
        _remove(self.folder)
        os.close(self._lock)


def _remove_abandoned(parent: Path) -> None:
    for folder in parent.glob(f"{_PREFIX}*"):
        try:
            about = folder.lstat()
            # Others may write to the system's temporary folder, too.
            if not stat.S_ISDIR(about.st_mode) or about.st_uid != os.geteuid():
                continue
            lock = os.open(folder / _LOCK, os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC)
        except OSError:
            continue  # somebody is just removing it
        try:
            # Held, or somebody else has just removed it.
            with contextlib.suppress(OSError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                _remove(folder)
        finally:
            os.close(lock)


def _remove(folder: Path) -> None:
    """The lock file goes last, so that a removal that is cut short is found again."""
    for path in folder.iterdir():
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)
