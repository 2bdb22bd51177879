"""The processes of a running product: which there are, killing one, and who is left of it."""

import os
import random
import signal
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tests.assembly import Assembly
from tests.recovery import children_of

# A parser lives for a moment only, and most of them early in a round; so one is waited for.
PARSER = "parser"
# Who may die, and how often compared with the others.
VICTIMS = {
    "embedded": {"serve": 6, "parser server": 2, PARSER: 2},
    "services": {
        "serve": 5,
        "worker": 3,
        "pool child": 5,
        "worker and children": 2,
        "beat": 1,
        "parser server": 2,
        PARSER: 2,
    },
}
_PARSER_SERVER = b"docuvault.extraction.child"
_WATCH_SECONDS = 1.0
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


@dataclass(frozen=True, slots=True)
class Kill:
    """Who was killed, and the processes that it had started."""

    victim: str
    descendants: tuple[Process, ...]


def kill(assembly: Assembly, victim: str, rng: random.Random) -> Kill | None:
    """End a process as a crash would; None when there is no such process just now."""
    match victim:
        case "serve" | "worker" | "beat":
            process = assembly.processes[victim]
            below = descendants(process.pid)
            process.kill()
        case "worker and children":
            process = assembly.processes["worker"]
            below = descendants(process.pid)
            process.kill()
            _kill_all(child.pid for child in below)
        case "pool child":
            pool = children_of(assembly.processes["worker"].pid)
            if not pool:
                return None
            below = _kill_tree_top(rng.choice(sorted(pool)))
        case _:
            # Without a parser at work it is the server that forks them.
            parsers = _some_parsers(assembly) if victim == PARSER else []
            victim = PARSER if parsers else "parser server"
            candidates = parsers or parser_servers(assembly)
            if not candidates:
                return None
            below = _kill_tree_top(rng.choice(sorted(candidates)))
    return Kill(victim, below)


def restart_what_died(assembly: Assembly) -> None:
    """Do what a supervisor does; pool children and parsers are their parents' business."""
    for name, process in assembly.processes.items():
        if not process.is_running():
            before = assembly.log(name).count(_WORKER_READY)
            process.start(timeout=_START_SECONDS)
            if name == "worker":
                deadline = time.monotonic() + _START_SECONDS
                while assembly.log(name).count(_WORKER_READY) == before:
                    assert time.monotonic() < deadline, "the worker did not start again"
                    time.sleep(0.1)


def parser_servers(assembly: Assembly) -> list[int]:
    """Process ids of all parser servers."""
    if assembly.name == "embedded":
        hosts = [assembly.processes["serve"].pid]
    else:
        hosts = children_of(assembly.processes["worker"].pid)
    return [pid for host in hosts for pid in children_of(host) if _PARSER_SERVER in _command(pid)]


def descendants(pid: int) -> tuple[Process, ...]:
    """Everything that this process, and what it has started, has started."""
    found: list[Process] = []
    for child in children_of(pid):
        stat = _stat(child)
        if stat is not None:
            found.append(Process(child, stat[19]))
            found += descendants(child)
    return tuple(found)


def orphans(kills: Iterable[Kill], patience: float) -> list[int]:
    """Those that outlive whoever started them for longer than so many seconds."""
    left = [process for kill in kills for process in kill.descendants]
    deadline = time.monotonic() + patience
    while left := [process for process in left if process.is_alive()]:
        if time.monotonic() > deadline:
            break
        time.sleep(0.05)
    return [process.pid for process in left]


def _some_parsers(assembly: Assembly) -> list[int]:
    deadline = time.monotonic() + _WATCH_SECONDS
    while time.monotonic() < deadline:
        for server in parser_servers(assembly):
            if parsers := children_of(server):
                return parsers
        time.sleep(0.002)
    return []


def _kill_tree_top(pid: int) -> tuple[Process, ...]:
    below = descendants(pid)
    _kill_all([pid])
    return below


def _kill_all(pids: Iterable[int]) -> None:
    for pid in pids:
        try:
            os.kill(pid, signal.SIGKILL)
        except ProcessLookupError:
            continue


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def _stat(pid: int) -> list[str] | None:
    """What the kernel says of a process, from its state on; the 20th field is its start."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
