"""Temporary files of processes that are gone."""

import os
from collections import Counter
from pathlib import Path

from tests.assembly import Assembly
from tests.loops.processes import descendants

_LOOKS = 3


def temporary_folder(folder: Path) -> Path:
    """Where a product in this folder is to put its temporary files."""
    return folder / "temporary"


class Leftovers:
    """Watches the temporary folder of a product from round to round.

    What a dead process left is removed by whoever takes its place, as soon as that gets work.
    """

    def __init__(self, assembly: Assembly) -> None:
        self._assembly = assembly
        self._parent = temporary_folder(assembly.folder)
        self._seen: Counter[str] = Counter()

    def look(self) -> list[str]:
        """Folders that nobody holds and that have been there for so many looks already."""
        held = _held(self._assembly, self._parent)
        left = {path.name for path in self._parent.glob("docuvault-*")} - held
        self._seen = Counter({name: self._seen[name] + 1 for name in left})
        return [name for name, looks in self._seen.items() if looks > _LOOKS]


def _held(assembly: Assembly, parent: Path) -> set[str]:
    """Names of the folders in which a process of the product has a file open."""
    running = [process.pid for process in assembly.processes.values() if process.is_running()]
    names: set[str] = set()
    for pid in [*running, *(child.pid for top in running for child in descendants(top))]:
        for link in Path(f"/proc/{pid}/fd").glob("*"):
            try:
                target = Path(os.readlink(link))
            except OSError:
                continue
            if target.is_relative_to(parent):
                names.add(target.relative_to(parent).parts[0])
    return names
