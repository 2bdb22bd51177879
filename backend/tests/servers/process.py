"""A server as a child process that never outlives the test run."""

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path

# Ends the server when the test run is gone: its end of the pipe is then closed by the kernel.
_GUARD = 'read -r _; kill -KILL "$0"'


def free_port() -> int:
    """A TCP port of the loopback address that nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def package_folder(name: str) -> Path:
    """Where a wheel that brings a server is installed; nothing of it is imported."""
    spec = find_spec(name)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


class ServerProcess:
    """Starts, stops, kills and restarts one server; output goes to a log file."""

    def __init__(
        self,
        argv: Sequence[str],
        *,
        log: Path,
        is_ready: Callable[[], bool],
        stop_signal: signal.Signals = signal.SIGTERM,
        uid: int | None = None,
        gid: int | None = None,
        env: Mapping[str, str] | None = None,
    ) -> None:
        self._argv = [*argv]
        self._log = log
        self._is_ready = is_ready
        self._stop_signal = stop_signal
        self._uid = uid
        self._gid = gid
        self._env = dict(env) if env is not None else None
        self._process: subprocess.Popen[bytes] | None = None
        self._guard: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Process id of the running server."""
        assert self._process is not None, "the server is not running"
        return self._process.pid

    def is_running(self) -> bool:
        """Whether the process is there."""
        return self._process is not None and self._process.poll() is None

    def start(self, timeout: float = 30.0) -> None:
        """Start the server and wait until it answers."""
        assert not self.is_running(), "the server is running already"
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self._log.parent,
                env=self._env,
                user=self._uid,
                group=self._gid,
                extra_groups=None if self._uid is None else [],
                start_new_session=True,
            )
        self._guard = subprocess.Popen(
            ["/bin/sh", "-c", _GUARD, str(self.pid)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        deadline = time.monotonic() + timeout
        while not self._is_ready():
            if not self.is_running() or time.monotonic() > deadline:
                self.kill()
                raise RuntimeError(f"the server did not start:\n{self._log.read_text()[-4000:]}")
            time.sleep(0.01)

    def stop(self, timeout: float = 10.0) -> bool:
        """Ask the server to end; False when it did not in so many seconds and was killed."""
        ended = True
        if self.is_running():
            os.kill(self.pid, self._stop_signal)
            os.kill(self.pid, signal.SIGCONT)
            assert self._process is not None
            try:
                self._process.wait(timeout)
            except subprocess.TimeoutExpired:
                ended = False
                self._process.kill()
        self._reap()
        return ended

    def kill(self) -> None:
        """End the server at once, as a crash would."""
        if self.is_running():
            os.kill(self.pid, signal.SIGKILL)
        self._reap()

    def restart(self) -> None:
        """Start again after `stop` or `kill`, on the same port with the same data."""
        self.stop()
        self.start()

    def pause(self) -> None:
        """Freeze the server: it accepts connections but never answers."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        """Let a frozen server go on."""
        os.kill(self.pid, signal.SIGCONT)

    def _reap(self) -> None:
        # The guard goes first, so that it cannot kill a stranger that got the same process id.
        if self._guard is not None:
            self._guard.kill()
            self._guard.wait()
            assert self._guard.stdin is not None
            self._guard.stdin.close()
            self._guard = None
        if self._process is not None:
            self._process.wait()
            self._process = None
