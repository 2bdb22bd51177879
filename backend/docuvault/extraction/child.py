"""The parser server: imports the parsers once, then forks one jailed process per document."""

import contextlib
import errno
import gc
import json
import os
import select
import shutil
import signal
import sys
from pathlib import Path
from typing import Any

from docuvault.domain.errors import ErrorCode, ProcessingFailed
from docuvault.extraction import jail, landlock, outcome
from docuvault.extraction.base import Limits
from docuvault.extraction.outcome import BROKEN, DONE, NO_SPACE, UNREADABLE
from docuvault.extraction.registry import Registry, create_registry
from docuvault.extraction.warmup import warm_up

_CONTROL = 0
_MOST_DESCRIPTORS = 65536


def serve(registry: Registry) -> None:
    """Serve the socket on standard input until its other end is closed; never returns.

    Lines of JSON come in: first `{directory, limits, quota}`, then `{job, path, media_type}` and
    `{kill}`. Lines go out: first `{ready, network, landlock}`, then `{job, status, memory, cpu}`
    for every process that ended: exit status or negative signal number, peak bytes, seconds. The
    outcome of a job is the file `<job>.json` of the directory if its status is 0; the directory is
    private to this server, which removes it when the stream ends.
    """
    network = not jail.leave_network()
    control = _Lines()
    order = control.wait()
    control.directory = Path(order["directory"])
    os.chdir(control.directory)
    server = _Server(
        registry,
        Limits(**order["limits"]),
        jail.Quota(**order["quota"]),
        landlock.library_folders(),
    )
    warm_up(registry, control.directory)
    gc.freeze()
    _say({"ready": True, "network": network, "landlock": landlock.version()})
    server.run(control)


class _Lines:
    """JSON lines from the control socket."""

    def __init__(self) -> None:
        self._buffer = b""
        self.directory: Path | None = None

    def read(self) -> list[dict[str, Any]]:
        """Every line that has arrived; ends the process at the end of the stream."""
        data = os.read(_CONTROL, 65536)
        if not data:
            _leave(self.directory)
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        return [json.loads(line) for line in lines]

    def wait(self) -> dict[str, Any]:
        """The first line, which nothing follows before it is answered."""
        while not (lines := self.read()):
            pass
        return lines[0]


class _Server:
    """Forks, kills and reaps; single-threaded, since only that makes a bare fork safe."""

    def __init__(
        self, registry: Registry, limits: Limits, quota: jail.Quota, folders: tuple[str, ...]
    ) -> None:
        self._registry = registry
        self._limits = limits
        self._quota = quota
        self._folders = folders
        self._jobs: dict[int, int] = {}

    def run(self, control: _Lines) -> None:
        """Answer orders and report ends until the stream ends."""
        ended, wakeup = os.pipe()
        os.set_blocking(ended, False)
        os.set_blocking(wakeup, False)
        signal.set_wakeup_fd(wakeup, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        poll = select.poll()
        poll.register(_CONTROL, select.POLLIN)
        poll.register(ended, select.POLLIN)
        while True:
            for ready, _ in poll.poll():
                if ready == ended:
                    with contextlib.suppress(BlockingIOError):
                        os.read(ended, 4096)
                    self._reap()
                else:
                    for order in control.read():
                        self._obey(order)

    def _obey(self, order: dict[str, Any]) -> None:
        if "kill" in order:
            for process, job in self._jobs.items():
                if job == order["kill"]:
                    os.kill(process, signal.SIGKILL)
            return
        job = int(order["job"])
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        try:
            result = os.open(f"{job}.json", flags, 0o600)
        except OSError:
            _say({"job": job, "status": NO_SPACE, "memory": 0, "cpu": 0.0})
            return
        parent = os.getpid()
        try:
            process = os.fork()
        except OSError:
            os.close(result)
            _say({"job": job, "status": NO_SPACE, "memory": 0, "cpu": 0.0})
            return
        if process == 0:
            status = BROKEN
            try:
                _isolate(parent, result)
                status = self._read(Path(order["path"]), str(order["media_type"]), result)
            finally:
                os._exit(status)
        os.close(result)
        self._jobs[process] = job

    def _read(self, path: Path, media_type: str, result: int) -> int:
        """In the child: read the document and write the outcome."""
        try:
            path.open("rb").close()
        except OSError:
            return UNREADABLE
        jail.enter(self._quota, (*self._folders, str(path)))
        try:
            try:
                data = outcome.encode_document(
                    self._registry.extract(path, media_type, self._limits)
                )
            except MemoryError:
                data = outcome.encode_failure(ProcessingFailed(ErrorCode.PARSER_MEMORY))
            except ProcessingFailed as failure:
                data = outcome.encode_failure(failure)
            view = memoryview(data)
            while view:
                view = view[os.write(result, view) :]
        except OSError as error:
            return NO_SPACE if error.errno in (errno.ENOSPC, errno.EDQUOT) else BROKEN
        return DONE

    def _reap(self) -> None:
        while self._jobs:
            process, status, usage = os.wait4(-1, os.WNOHANG)
            if process == 0:
                return
            job = self._jobs.pop(process)
            code = os.waitstatus_to_exitcode(status)
            if code != DONE:
                Path(f"{job}.json").unlink(missing_ok=True)
            memory = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
            cpu = usage.ru_utime + usage.ru_stime
            _say({"job": job, "status": code, "memory": memory, "cpu": cpu})


def _isolate(parent: int, result: int) -> None:
    """In the child: no line to the server, no handlers, nothing open but the result."""
    jail.die_with_parent(parent)
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    null = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(null, standard)
    os.closerange(3, result)
    os.closerange(result + 1, _MOST_DESCRIPTORS)


def _say(message: dict[str, object]) -> None:
    view = memoryview(json.dumps(message).encode() + b"\n")
    # A host that is gone shows as the end of the stream, which is where it is dealt with.
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        while view:
            view = view[os.write(_CONTROL, view) :]


def _leave(directory: Path | None) -> None:
    """The host is gone: leave no files, and take every child along."""
    if directory is not None:
        shutil.rmtree(directory, ignore_errors=True)
    if os.getpgrp() == os.getpid():
        os.killpg(0, signal.SIGKILL)
    os._exit(0)


if __name__ == "__main__":
    serve(create_registry())
