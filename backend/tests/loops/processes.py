"""The processes of a running product: their descendants, killing them, starting them again."""

import os
import signal
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.assembly import Assembly
from tests.recovery import children_of

_START_SECONDS = 120.0
_WORKER_READY = " ready."


@dataclass(frozen=True, slots=True)
class Process:
    """A process that cannot be mistaken for a later one with the same number."""

    pid: int
    started: str

    def is_alive(self) -> bool:
        """Whether it still runs; one that only waits for its parent's notice does not."""
        stat = _stat(self.pid)
        return stat is not None and stat[19] == self.started and stat[0] not in ("Z", "X")


def restart_what_died(assembly: Assembly) -> None:
    """Do what a supervisor does; pool children and parsers are their parents' business."""
    for name, process in assembly.processes.items():
        if not process.is_running():
            before = assembly.log(name).count(_WORKER_READY)
            process.start(timeout=_START_SECONDS)
            if name.startswith("worker"):
                deadline = time.monotonic() + _START_SECONDS
                while assembly.log(name).count(_WORKER_READY) == before:
                    assert time.monotonic() < deadline, "the worker did not start again"
                    time.sleep(0.1)


def descendants(pid: int) -> tuple[Process, ...]:
    """Everything that this process, and what it has started, has started."""
    found: list[Process] = []
    for child in children_of(pid):
        stat = _stat(child)
        if stat is not None:
            found.append(Process(child, stat[19]))
            found += descendants(child)
    return tuple(found)


def orphans(processes: Iterable[Process], patience: float) -> list[int]:
    """Those that outlive whoever started them for longer than so many seconds."""
    left = [*processes]
    deadline = time.monotonic() + patience
    while left := [process for process in left if process.is_alive()]:
        if time.monotonic() > deadline:
            break
        time.sleep(0.05)
    return [process.pid for process in left]


def kill_tree_top(pid: int) -> tuple[Process, ...]:
    """Kill a process; returns what it had started."""
    below = descendants(pid)
    kill_all([pid])
    return below


def kill_all(pids: Iterable[int]) -> None:
    """Kill processes, some of which may be gone already."""
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def _stat(pid: int) -> list[str] | None:
    """What the kernel says of a process, from its state on; the 20th field is its start."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
