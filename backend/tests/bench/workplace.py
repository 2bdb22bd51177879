"""Where benchmarks work: a folder of their own, the prepared model, a core for each side."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

ROUNDS = 7


@dataclass(frozen=True, slots=True)
class Workplace:
    """`server_cores` is where the product and the bare pieces run, `client_cores` the load."""

    folder: Path
    model_dir: Path
    rounds: int = ROUNDS

    @property
    def server_cores(self) -> set[int]:
        """One core for whoever is measured."""
        return server_cores()

    @property
    def client_cores(self) -> set[int]:
        """All others; the same one where there is only one."""
        return (os.sched_getaffinity(0) - self.server_cores) or self.server_cores

    def room(self, name: str) -> Path:
        """A fresh folder for one benchmark."""
        path = self.folder / name
        path.mkdir(parents=True)
        return path


def server_cores() -> set[int]:
    """The last core that may be used."""
    return {max(os.sched_getaffinity(0))}


@contextmanager
def on_cores(cores: set[int]) -> Iterator[None]:
    """Keep this thread on these cores; processes started in the block stay there afterwards."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def pin(pid: int, cores: set[int]) -> None:
    """Keep a process and all its threads on these cores; children that it starts inherit it."""
    for task in Path(f"/proc/{pid}/task").iterdir():
        os.sched_setaffinity(int(task.name), cores)
