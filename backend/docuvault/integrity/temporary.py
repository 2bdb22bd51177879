"""I13: temporary files are gone within an hour, and folders for them are in use.

Only what this machine, or this container, holds can be seen from here.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

from docuvault.extraction.workspace import is_held, workspaces
from docuvault.integrity.base import Check, Suspicion
from docuvault.integrity.findings import FindingCode, Invariant

_LONGEST_SECONDS = 3600.0


class TemporaryCheck(Check[Path]):
    """Folders for parsers with the files in them, and files that are being received."""

    invariant = Invariant.TEMPORARY
    subjects = "temporary files"

    async def pages(self) -> AsyncIterator[Sequence[Path]]:
        """All of them in one page: there are few at any time."""
        yield await asyncio.to_thread(lambda: [*self._paths()])

    async def look(self, keys: Sequence[Path]) -> list[Suspicion[Path]]:
        """Old files, and old folders that nobody holds."""
        return await asyncio.to_thread(
            lambda: [
                Suspicion(path, FindingCode.TEMPORARY_LEFT, f"temporary {path.name}", fault)
                for path in keys
                if (fault := _fault(path)) is not None
            ]
        )

    def _paths(self) -> Iterator[Path]:
        for folder in workspaces(self._vault.workspaces):
            yield folder
            # What lies in an abandoned folder goes with it.
            if _is_held(folder):
                yield from (path for path in folder.rglob("*") if path.is_file())
        if self._vault.incoming is not None:
            yield from (path for path in self._vault.incoming.rglob("*") if path.is_file())


def _fault(path: Path) -> str | None:
    try:
        age = time.time() - path.lstat().st_mtime
        if age <= _LONGEST_SECONDS or (path.is_dir() and is_held(path)):
            return None
    except OSError:
        return None  # just removed
    return f"Nobody needs {path} any more, and it is {age / 3600:.0f} hours old."


def _is_held(folder: Path) -> bool:
    try:
        return is_held(folder)
    except OSError:
        return False
