"""The load: keep-alive connections of a process on cores of its own. Run by `measure_load`.

Each connection sends its next request when the answer to the last one is complete. Latency is
from the write to the last byte; any answer but 200 ends the measurement.
"""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import cycle
from statistics import quantiles
from typing import Any, cast
from urllib.parse import urlsplit

import uvloop

from tests.bench.workplace import Workplace

SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Load:
    """What a burst of requests gave: requests per second, latencies in milliseconds."""

    rate: float
    p50: float
    p95: float


@dataclass(slots=True)
class Target:
    """A server and the paths that are asked for in turn, over all bursts."""

    base_url: str
    paths: Sequence[str]
    place: int = field(default=0)


def measure_load(
    workplace: Workplace, target: Target, connections: int, seconds: float = SECONDS
) -> Load:
    """Ask for the target's paths for so long, from the client's cores."""
    asked = subprocess.run(
        [sys.executable, "-m", "tests.bench.load"],
        input=json.dumps(
            {
                "host": urlsplit(target.base_url).hostname,
                "port": urlsplit(target.base_url).port,
                "paths": [*target.paths[target.place :], *target.paths[: target.place]],
                "connections": connections,
                "seconds": seconds,
                "cores": sorted(workplace.client_cores),
            }
        ),
        text=True,
        stdout=subprocess.PIPE,
        check=True,
        timeout=seconds + 30,
    )
    latencies: list[float] = json.loads(asked.stdout)["latencies"]
    target.place = (target.place + len(latencies)) % len(target.paths)
    cuts = quantiles(latencies, n=20)
    return Load(rate=len(latencies) / seconds, p50=cuts[9] * 1000, p95=cuts[18] * 1000)


class _Connection(asyncio.Protocol):
    def __init__(self, burst: "_Burst") -> None:
        self._burst = burst
        self._received = b""
        self._wanted = 0
        self._sent = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports do not derive from asyncio's.
        self._transport = cast(asyncio.Transport, transport)
        self._ask()

    def data_received(self, data: bytes) -> None:
        self._received += data
        if not self._wanted:
            head, blank, _ = self._received.partition(b"\r\n\r\n")
            if not blank:
                return
            if not head.startswith(b"HTTP/1.1 200 "):
                self._burst.fail(head.decode("latin-1"))
                self._transport.close()
                return
            lines = head.lower().split(b"\r\n")
            length = next(line for line in lines if line.startswith(b"content-length:"))
            self._wanted = len(head) + 4 + int(length.partition(b":")[2])
        if len(self._received) < self._wanted:
            return
        now = time.perf_counter()
        if now < self._burst.end:
            self._burst.latencies.append(now - self._sent)
            self._ask()
        else:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        if time.perf_counter() < self._burst.end:
            self._burst.fail("nothing more: it closed the connection")
        self._burst.lost()

    def _ask(self) -> None:
        self._received, self._wanted = b"", 0
        self._sent = time.perf_counter()
        self._transport.write(next(self._burst.requests))


class _Burst:
    def __init__(self, paths: Sequence[str], connections: int, seconds: float) -> None:
        self.requests = cycle(
            [f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode() for path in paths]
        )
        self.latencies: list[float] = []
        self.end = time.perf_counter() + seconds
        self._open = connections
        self._done = asyncio.get_running_loop().create_future()

    def fail(self, head: str) -> None:
        if not self._done.done():
            self._done.set_exception(RuntimeError(f"the server answered {head}"))

    def lost(self) -> None:
        self._open -= 1
        if not self._open and not self._done.done():
            self._done.set_result(None)

    async def wait(self) -> None:
        await self._done


async def _main(order: dict[str, Any]) -> list[float]:
    connections, seconds = order["connections"], order["seconds"]
    burst = _Burst(order["paths"], connections, seconds)
    loop = asyncio.get_running_loop()
    for _ in range(connections):
        await loop.create_connection(lambda: _Connection(burst), order["host"], order["port"])
    await burst.wait()
    return burst.latencies


if __name__ == "__main__":
    received = json.load(sys.stdin)
    os.sched_setaffinity(0, received["cores"])
    json.dump({"latencies": uvloop.run(_main(received))}, sys.stdout)
