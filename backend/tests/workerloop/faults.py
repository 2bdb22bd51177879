"""What happens to the workers and to Redis while documents are worked on."""

import os
import random
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from redis import Redis

from tests.assembly import Assembly
from tests.loops.processes import Process, descendants, kill_all, kill_tree_top
from tests.messages import broker_of, flood
from tests.recovery import children_of, command_of
from tests.workerloop.rows import Held, Rows

# Longer than it takes a worker to renew its leases, and than a lease with the sweep behind it.
_HEARTBEAT_SECONDS = 2.0
_LEASE_SECONDS = 4.0
# Of many looks one will find somebody at work.
_LOOKS = 60
_LOOK_SECONDS = 0.05
_AWAY_SECONDS = (0.5, 9.0)
_HUNG_SECONDS = (0.5, 6.0)
_FLUSHES = 5
_FULL_BYTES = 100_000


@dataclass(slots=True)
class Outcome:
    """What a fault has done: whom it has orphaned, and whose claims others took over meanwhile."""

    orphaned: list[Process] = field(default_factory=list)
    overtaken: set[Held] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Scene:
    """Where a fault happens: the product, its rows, and documents that messages may be about."""

    assembly: Assembly
    rows: Rows
    document_ids: list[str]
    trap: Path

    def workers(self) -> list[str]:
        """Names of the worker processes."""
        return [name for name in self.assembly.processes if name.startswith("worker")]

    def pool_of(self, name: str) -> list[int]:
        """The processes in which a worker has its work done."""
        children = children_of(self.assembly.processes[name].pid)
        return sorted(pid for pid in children if b"standin" not in command_of(pid))

    def standins(self) -> list[int]:
        """Who works without the broker just now."""
        return [
            pid
            for name in self.workers()
            for pid in children_of(self.assembly.processes[name].pid)
            if b"standin" in command_of(pid)
        ]


Fault = Callable[[Scene, random.Random, Outcome], None]


def pool_child(scene: Scene, rng: random.Random, outcome: Outcome) -> None:
    """One process of a pool is killed."""
    if pool := scene.pool_of(rng.choice(scene.workers())):
        outcome.orphaned += kill_tree_top(rng.choice(pool))


def worker(scene: Scene, rng: random.Random, outcome: Outcome) -> None:
    """The first process of a worker is killed."""
    process = scene.assembly.processes[rng.choice(scene.workers())]
    outcome.orphaned += descendants(process.pid)
    process.kill()


def worker_and_children(scene: Scene, rng: random.Random, outcome: Outcome) -> None:
    """A worker is killed with everything that it has started."""
    below = len(outcome.orphaned)
    worker(scene, rng, outcome)
    kill_all(process.pid for process in outcome.orphaned[below:])


def zombie(scene: Scene, rng: random.Random, outcome: Outcome) -> None:
    """A worker's pool stands still for longer than its leases, and then goes on."""
    name = rng.choice(scene.workers())
    frozen = _freeze_at_work(scene, name)
    before = scene.rows.held()
    time.sleep(_HEARTBEAT_SECONDS)
    # Those whose lease nobody has renewed.
    silent = before & scene.rows.held()
    time.sleep(_LEASE_SECONDS)
    tokens = {held.token for held in scene.rows.held()}
    outcome.overtaken |= {held for held in silent if held.token not in tokens}
    _send(frozen, signal.SIGCONT)


def messages(scene: Scene, rng: random.Random, outcome: Outcome) -> None:
    """Hints come three times and shuffled, about everything that is, was or never was."""
    assert scene.assembly.services is not None
    with broker_of(scene.assembly.services.valkey.url) as broker:
        flood(broker, rng, scene.document_ids, scene.trap)


def flushall(scene: Scene, rng: random.Random, outcome: Outcome) -> None:
    """Redis forgets everything, again and again."""
    for _ in range(_FLUSHES):
        with _redis(scene) as redis:
            redis.flushall()
        time.sleep(rng.uniform(0, 0.5))


def redis_restarted(scene: Scene, rng: random.Random, outcome: Outcome) -> None:
    """Redis comes back at once, without its data."""
    assert scene.assembly.services is not None
    scene.assembly.services.valkey.kill()
    scene.assembly.services.valkey.start()


def redis_away(scene: Scene, rng: random.Random, outcome: Outcome) -> None:
    """Redis is gone for some seconds; sometimes whoever stands in is killed meanwhile."""
    assert scene.assembly.services is not None
    valkey = scene.assembly.services.valkey
    valkey.kill()
    time.sleep(rng.uniform(*_AWAY_SECONDS))
    if rng.random() < 0.5:
        for pid in scene.standins():
            outcome.orphaned += kill_tree_top(pid)
    valkey.start()


def redis_hangs(scene: Scene, rng: random.Random, outcome: Outcome) -> None:
    """Redis takes connections and says nothing."""
    assert scene.assembly.services is not None
    scene.assembly.services.valkey.pause()
    time.sleep(rng.uniform(*_HUNG_SECONDS))
    scene.assembly.services.valkey.resume()


def redis_full(scene: Scene, rng: random.Random, outcome: Outcome) -> None:
    """Redis answers and takes nothing; sometimes a worker is killed, and starts against that."""
    with _redis(scene) as redis:
        redis.config_set("maxmemory", _FULL_BYTES)
    time.sleep(rng.uniform(*_AWAY_SECONDS))
    with _redis(scene) as redis:
        redis.config_set("maxmemory", 0)


# How often each happens, compared with the others.
FAULTS: dict[Fault, int] = {
    pool_child: 4,
    worker: 2,
    worker_and_children: 2,
    zombie: 4,
    messages: 3,
    flushall: 2,
    redis_restarted: 2,
    redis_away: 3,
    redis_hangs: 1,
    redis_full: 1,
}


def draw_fault(rng: random.Random) -> Fault:
    """One of them."""
    (fault,) = rng.choices([*FAULTS], weights=[*FAULTS.values()])
    return fault


def _freeze_at_work(scene: Scene, name: str) -> list[int]:
    """Stop the pool of a worker at a moment when stages are being worked on, if there is one."""
    pool: list[int] = []
    for _ in range(_LOOKS):
        pool = scene.pool_of(name)
        _send(pool, signal.SIGSTOP)
        # What they have sent off already arrives now, and not after the look.
        time.sleep(_LOOK_SECONDS)
        if scene.rows.held():
            return pool
        _send(pool, signal.SIGCONT)
        time.sleep(_LOOK_SECONDS)
    return pool


def _send(pids: list[int], which: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, which)


@contextmanager
def _redis(scene: Scene) -> Iterator[Redis]:
    assert scene.assembly.services is not None
    with Redis.from_url(scene.assembly.services.valkey.url) as redis:
        yield redis
