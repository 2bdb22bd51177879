"""The host's end of one parser server: starts it, hands it documents, ends it."""

import asyncio
import contextlib
import dataclasses
import itertools
import json
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from docuvault.extraction.base import Limits
from docuvault.extraction.jail import Quota

COMMAND = (sys.executable, "-I", "-X", "utf8", "-m", "docuvault.extraction.child")

# Nothing of the host's environment reaches a parser: it holds secrets.
_ENVIRONMENT = {"LANG": "C.UTF-8"}
_START_SECONDS = 60.0
_KILL_SECONDS = 5.0


class ServerLost(Exception):
    """The server ended or does not answer; what it was reading may be tried on another one."""


class Overdue(Exception):
    """The document took longer than allowed and was killed."""


@dataclass(frozen=True, slots=True)
class Ending:
    """How the process of one document ended.

    `status`: exit status, or the negative number of the signal that killed it. `memory`: peak bytes
    resident. `cpu`: seconds. `outcome`: what it wrote, None unless the status is 0.
    """

    status: int
    memory: int
    cpu: float
    outcome: bytes | None = None


class ParserServer:
    """One parser server process, which reads any number of documents at the same time.

    Belongs to the event loop that it was started in. `confinement` says what the jail is made of
    once the server is ready. `folder` is where it makes its own.
    """

    def __init__(self, limits: Limits, quota: Quota, command: Sequence[str], folder: Path) -> None:
        self._most_bytes = quota.result_bytes
        self._directory = Path(tempfile.mkdtemp(prefix="parse-", dir=folder))
        self._socket, theirs = socket.socketpair()
        try:
            self._process = subprocess.Popen(  # noqa: S603 - a fixed command without a shell
                list(command),
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                env=_ENVIRONMENT,
                cwd=self._directory,
                start_new_session=True,
            )
        except OSError:
            self._socket.close()
            self._directory.rmdir()
            raise
        finally:
            theirs.close()
        self._order = {
            "directory": str(self._directory),
            "limits": dataclasses.asdict(limits),
            "quota": dataclasses.asdict(quota),
        }
        self._jobs = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[Ending]] = {}
        self._ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._listener = asyncio.create_task(self._listen())
        self._writer: asyncio.StreamWriter | None = None
        self.lost = False
        self.confinement: dict[str, Any] = {}

    @property
    def pid(self) -> int:
        """Process id of the server, which is also that of its process group."""
        return self._process.pid

    async def ready(self) -> None:
        """Wait until the parsers are imported; `ServerLost` when that fails."""
        await asyncio.wait({self._ready}, timeout=_START_SECONDS)
        if not self._ready.done() or self.lost:
            self.lost = True
            raise ServerLost

    async def read(self, path: Path, media_type: str, seconds: float) -> Ending:
        """Have one document read in a process of its own, which cancelling kills.

        `path` must be absolute. Raises `Overdue` after so many seconds, `ServerLost` when the
        server is gone.
        """
        job = next(self._jobs)
        ending: asyncio.Future[Ending] = asyncio.get_running_loop().create_future()
        self._waiting[job] = ending
        try:
            self._say({"job": job, "path": str(path), "media_type": media_type})
            done, _ = await asyncio.wait({ending}, timeout=seconds)
            if not done:
                self._say({"kill": job})
                done, _ = await asyncio.wait({ending}, timeout=_KILL_SECONDS)
                if not done:
                    # A server that cannot even kill says nothing about the document.
                    self.lost = True
                    raise ServerLost
                if ending.result().status != 0:
                    raise Overdue
            ended = ending.result()
            return await self._with_outcome(ended, job) if ended.status == 0 else ended
        except asyncio.CancelledError:
            with contextlib.suppress(ServerLost):
                self._say({"kill": job})
            raise
        finally:
            del self._waiting[job]
            if ending.done() and not ending.cancelled():
                ending.exception()  # looked at, so that nobody complains about it

    async def stop(self) -> None:
        """Kill the server with everything that it started and remove its files."""
        self.lost = True
        # Once the server was waited for, its number may belong to somebody else.
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self._process.pid, signal.SIGKILL)
        await asyncio.shield(asyncio.to_thread(self._process.wait))
        await asyncio.wait({self._listener}, timeout=_KILL_SECONDS)
        self._listener.cancel()
        await asyncio.to_thread(shutil.rmtree, self._directory, ignore_errors=True)

    def _say(self, message: dict[str, object]) -> None:
        if self.lost or self._writer is None:
            raise ServerLost
        self._writer.write(json.dumps(message).encode() + b"\n")

    async def _listen(self) -> None:
        reader, self._writer = await asyncio.open_unix_connection(sock=self._socket)
        try:
            self._say(dict(self._order))
            while line := await reader.readline():
                self._hear(json.loads(line))
        except (OSError, ValueError, KeyError, TypeError, ServerLost):
            pass  # a server that talks nonsense is as good as gone
        finally:
            self.lost = True
            self._writer.close()
            with contextlib.suppress(OSError):
                await self._writer.wait_closed()
            if not self._ready.done():
                self._ready.set_result(None)
            for ending in self._waiting.values():
                if not ending.done():
                    ending.set_exception(ServerLost())

    def _hear(self, message: dict[str, Any]) -> None:
        if message.get("ready"):
            self.confinement = {key: message[key] for key in ("network", "landlock")}
            self._ready.set_result(None)
            return
        job = int(message["job"])
        ending = self._waiting.get(job)
        if ending is None or ending.done():
            self._result(job).unlink(missing_ok=True)
            return
        ending.set_result(
            Ending(int(message["status"]), int(message["memory"]), float(message["cpu"]))
        )

    def _result(self, job: int) -> Path:
        return self._directory / f"{job}.json"

    async def _with_outcome(self, ending: Ending, job: int) -> Ending:
        result = self._result(job)
        try:
            outcome = _read_regular(result, self._most_bytes)
        finally:
            result.unlink(missing_ok=True)
        return dataclasses.replace(ending, outcome=outcome)


def _read_regular(path: Path, most: int) -> bytes | None:
    """A plain file's bytes; None for anything that an escaped parser may have put in its place."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    with open(handle, "rb") as file:
        about = os.fstat(handle)
        return file.read() if stat.S_ISREG(about.st_mode) and about.st_size <= most else None
