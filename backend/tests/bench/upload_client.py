"""A load client for uploads: one keep-alive socket a connection, no two bodies alike.

Runs as a process of its own, so that the load never shares a core with what is measured:

    python -m tests.bench.upload_client URL --cores 0 --bytes 130000 --uploads 100

The answer is one line of JSON, the fields of `Load`.
"""

import argparse
import itertools
import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from statistics import median
from urllib.parse import urlsplit

from tests.bench.workplace import Workplace

_BOUNDARY = b"a-boundary-of-the-benchmark"
_BLOCK = 1 << 20
_ENDED = (b'"status":"ready"', b'"status":"failed"')


@dataclass(frozen=True, slots=True)
class Load:
    """What a run of uploads gave: seconds of each one, from first byte to answer, and in all."""

    latencies: list[float]
    seconds: float
    sent: int

    @property
    def p50(self) -> float:
        """Median latency in milliseconds."""
        return median(self.latencies) * 1000

    @property
    def rate(self) -> float:
        """Bytes of files a second, in MB."""
        return self.sent / self.seconds / 1e6


def load(
    workplace: Workplace,
    url: str,
    *,
    size: int,
    uploads: int,
    connections: int = 1,
    pause: float = 0.0,
    settle: bool = False,
    drain: bool = False,
    name: str = "load.bin",
) -> Load:
    """Upload from a process on the client's cores.

    `pause` seconds pass before each upload; `settle` waits until the product has worked off the
    one before, `drain` until it has worked off all, which is not measured. `name` decides what the
    product takes the bytes for.
    """
    cores = ",".join(map(str, sorted(workplace.client_cores)))
    options = ["--bytes", size, "--uploads", uploads, "--connections", connections]
    command = [sys.executable, "-m", "tests.bench.upload_client", url, "--cores", cores]
    command += [*map(str, options), "--pause", str(pause), "--name", name]
    command += ["--settle"] * settle + ["--drain"] * drain
    ran = subprocess.run(command, check=True, capture_output=True)
    return Load(**json.loads(ran.stdout))


class Connection:
    """One HTTP connection that speaks just enough to upload."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host = f"{parts.hostname}:{parts.port}".encode()
        self._socket = socket.create_connection((parts.hostname, parts.port or 80), timeout=120)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._rest = b""

    def upload(self, name: str, size: int, block: bytes) -> tuple[float, bytes]:
        """Send a file of so many bytes; the seconds that it took and the answer's body."""
        before, after = _form(name)
        head = (
            b"POST /api/documents/upload HTTP/1.1\r\nHost: %b\r\n"
            b"Content-Type: multipart/form-data; boundary=%b\r\nContent-Length: %d\r\n\r\n"
            % (self._host, _BOUNDARY, len(before) + size + len(after))
        )
        pieces = list(_file(size, block))
        pieces[0] = head + before + pieces[0]
        pieces[-1] += after
        started = time.perf_counter()
        for piece in pieces:
            self._socket.sendall(piece)
        status, body = self._answer()
        took = time.perf_counter() - started
        if status != 201:
            raise SystemExit(f"not accepted: {status} {body[:300]!r}")
        return took, body

    def get(self, path: str) -> bytes:
        """The body of an answer."""
        self._socket.sendall(b"GET %b HTTP/1.1\r\nHost: %b\r\n\r\n" % (path.encode(), self._host))
        return self._answer()[1]

    def _answer(self) -> tuple[int, bytes]:
        while b"\r\n\r\n" not in self._rest:
            self._receive()
        head, _, self._rest = self._rest.partition(b"\r\n\r\n")
        lines = head.lower().split(b"\r\n")
        length = next(int(line[15:]) for line in lines if line.startswith(b"content-length:"))
        while len(self._rest) < length:
            self._receive()
        body, self._rest = self._rest[:length], self._rest[length:]
        return int(lines[0].split()[1]), body

    def _receive(self) -> None:
        data = self._socket.recv(65536)
        if not data:
            raise SystemExit("the server closed the connection")
        self._rest += data


def _form(name: str) -> tuple[bytes, bytes]:
    before = (
        b'--%b\r\nContent-Disposition: form-data; name="file"; filename="%b"\r\n'
        b"Content-Type: application/octet-stream\r\n\r\n" % (_BOUNDARY, name.encode())
    )
    return before, b"\r\n--%b--\r\n" % _BOUNDARY


def _file(size: int, block: bytes) -> Iterator[bytes]:
    """Pieces of a file that no other upload has: its first bytes are drawn anew."""
    first = os.urandom(16).hex().encode() + block[32:]
    yield first[:size]
    for start in range(len(block), size, len(block)):
        yield block[: size - start]


def _run(options: argparse.Namespace) -> Load:
    """Upload on all connections at once."""
    # Text or noise: the latter is nothing that anybody reads, so its processing ends at once.
    textual = options.name.endswith(".txt")
    block = (b"the harvest of apples was rich that year. " if textual else os.urandom(4096)) * (
        _BLOCK // 40 if textual else _BLOCK // 4096
    )
    if not textual:
        block = bytes(32) + b"\0\xff\0\xfe" + block
    numbers = itertools.count()
    latencies: list[float] = []
    kept: list[bytes] = []

    def work(connection: Connection) -> None:
        while next(numbers) < options.uploads:
            time.sleep(options.pause)
            took, body = connection.upload(options.name, options.bytes, block)
            latencies.append(took)
            kept.append(body)
            if options.settle:
                _until_ended(connection, body)

    connections = [Connection(options.url) for _ in range(options.connections)]
    started = time.perf_counter()
    with ThreadPoolExecutor(options.connections) as pool:
        list(pool.map(work, connections))
    measured = Load(latencies, time.perf_counter() - started, options.bytes * len(latencies))
    for body in kept if options.drain else []:
        _until_ended(connections[0], body)
    return measured


def _until_ended(connection: Connection, body: bytes) -> None:
    """Wait until the product has worked off what it answered with this."""
    path = f"/api/documents/{json.loads(body)['document']['id']}"
    while not any(mark in connection.get(path) for mark in _ENDED):
        time.sleep(0.005)


def main() -> None:
    """Upload as the command line says and print what came of it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--cores", required=True)
    parser.add_argument("--bytes", type=int, required=True)
    parser.add_argument("--uploads", type=int, required=True)
    parser.add_argument("--connections", type=int, default=1)
    parser.add_argument("--pause", type=float, default=0.0)
    parser.add_argument("--settle", action="store_true")
    parser.add_argument("--drain", action="store_true")
    parser.add_argument("--name", default="load.bin")
    options = parser.parse_args()
    os.sched_setaffinity(0, map(int, options.cores.split(",")))
    print(json.dumps(asdict(_run(options))))


if __name__ == "__main__":
    main()
