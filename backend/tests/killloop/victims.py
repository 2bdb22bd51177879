"""Who of a running product may die, and killing one."""

import random
import time
from dataclasses import dataclass

from tests.assembly import Assembly
from tests.loops.processes import Process, descendants, kill_all, kill_tree_top
from tests.recovery import children_of, command_of

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
            kill_all(child.pid for child in below)
        case "pool child":
            pool = children_of(assembly.processes["worker"].pid)
            if not pool:
                return None
            below = kill_tree_top(rng.choice(sorted(pool)))
        case _:
            # Without a parser at work it is the server that forks them.
            parsers = _some_parsers(assembly) if victim == PARSER else []
            victim = PARSER if parsers else "parser server"
            candidates = parsers or parser_servers(assembly)
            if not candidates:
                return None
            below = kill_tree_top(rng.choice(sorted(candidates)))
    return Kill(victim, below)


def parser_servers(assembly: Assembly) -> list[int]:
    """Process ids of all parser servers."""
    if assembly.name == "embedded":
        hosts = [assembly.processes["serve"].pid]
    else:
        hosts = children_of(assembly.processes["worker"].pid)
    return [pid for host in hosts for pid in children_of(host) if _PARSER_SERVER in command_of(pid)]


def _some_parsers(assembly: Assembly) -> list[int]:
    deadline = time.monotonic() + _WATCH_SECONDS
    while time.monotonic() < deadline:
        for server in parser_servers(assembly):
            if parsers := children_of(server):
                return parsers
        time.sleep(0.002)
    return []
