"""One process per data folder: a lock that the kernel gives back when its holder dies."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from docuvault.domain.errors import ConfigurationError


@contextmanager
def locked_folder(folder: Path, *, shared: bool = False) -> Iterator[None]:
    """Hold the folder for this process alone; raises `ConfigurationError` when it is held.

    `shared` holds it together with others who share it, against those who want it alone.
    """
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ConfigurationError(
                f"Another DocuVault is running on the data folder {folder}."
            ) from None
        yield
    finally:
        os.close(handle)
