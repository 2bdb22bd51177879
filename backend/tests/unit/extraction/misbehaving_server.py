"""A parser server with parsers that do everything a parser should not; run as a program."""

import contextlib
import ctypes
import json
import os
import signal
import socket
import sys
import time
from pathlib import Path

from docuvault.extraction.base import ExtractedDocument, ExtractedPage, Limits
from docuvault.extraction.child import serve
from docuvault.extraction.registry import Registry, create_registry

PREFIX = "application/x-test-"


class Misbehaving:
    """Does what the media type says after its prefix."""

    media_types: frozenset[str] = frozenset()

    def score(self, media_type: str) -> int:
        """Bids for every type of the tests."""
        return 100 if media_type.startswith(PREFIX) else 0

    def extract(self, path: Path, media_type: str, limits: Limits) -> ExtractedDocument:
        """Misbehave; whatever comes back is on the one page."""
        behaviour = getattr(self, media_type.removeprefix(PREFIX))
        text = behaviour(path, limits)
        return ExtractedDocument((ExtractedPage(1, text),), 1)

    def sleep(self, path: Path, limits: Limits) -> str:
        time.sleep(600)
        return ""

    def nap(self, path: Path, limits: Limits) -> str:
        time.sleep(0.7)
        return "slept"

    def spin(self, path: Path, limits: Limits) -> str:
        while True:
            pass

    def abort(self, path: Path, limits: Limits) -> str:
        os.abort()

    def segfault(self, path: Path, limits: Limits) -> str:
        return str(ctypes.string_at(0))

    def leave(self, path: Path, limits: Limits) -> str:
        os._exit(0)

    def hog(self, path: Path, limits: Limits) -> str:
        hoard = []
        while True:
            hoard.append(bytearray(8 * 1024 * 1024))

    def hog_and_crash(self, path: Path, limits: Limits) -> str:
        hoard = []
        with contextlib.suppress(MemoryError):
            while True:
                hoard.append(bytearray(b"x") * (8 * 1024 * 1024))
        os.kill(os.getpid(), signal.SIGSEGV)
        return ""

    def killed(self, path: Path, limits: Limits) -> str:
        os.kill(os.getpid(), signal.SIGKILL)
        return ""

    def flood(self, path: Path, limits: Limits) -> str:
        return "x" * (limits.max_characters + 1)

    def surprise(self, path: Path, limits: Limits) -> str:
        raise KeyError("not foreseen")

    def surroundings(self, path: Path, limits: Limits) -> str:
        """What can be seen and done from in here."""
        return json.dumps(
            {
                "environment": dict(os.environ),
                "descriptors": len(os.listdir("/proc/self/fd")) - 1 if _readable("/proc") else None,
                "input": path.read_bytes().decode(),
                "tcp": _outcome(_connect_tcp),
                "udp": _outcome(_connect_udp),
                "passwords": _outcome(lambda: Path("/etc/passwd").read_bytes()),
                "neighbour": _outcome(lambda: (path.parent / "neighbour").read_bytes()),
                "write": _outcome(lambda: (path.parent / "made").write_bytes(b"x")),
                "overwrite": _outcome(lambda: path.write_bytes(b"x")),
                "execute": _outcome(lambda: os.execv("/bin/true", ["true"])),
                "signal": _outcome(lambda: os.kill(os.getppid(), 0)),
                "capabilities": _outcome(lambda: os.chroot("/")),
            }
        )


def _readable(path: str) -> bool:
    return _outcome(lambda: os.listdir(path)) == "done"


def _outcome(attempt: object) -> str:
    try:
        attempt()  # type: ignore[operator]
    except OSError as error:
        return type(error).__name__
    return "done"


def _connect_tcp() -> None:
    with socket.socket() as client:
        client.connect(("127.0.0.1", int(sys.argv[1])))


def _connect_udp() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as client:
        client.connect(("127.0.0.1", 9))
        client.send(b"x")


if __name__ == "__main__":
    serve(Registry((*create_registry().extractors, Misbehaving())))
