"""Watches the broker from a worker's first process, and has a stand-in work while it is away.

Celery's own consumer only knows that it cannot connect, and sleeps for longer each time.
"""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Sequence

import structlog

from docuvault.clients.redis import create_sync_redis_client, redis_errors
from docuvault.config.settings import RedisSettings, Settings
from docuvault.domain.errors import DependencyUnavailable

log = structlog.get_logger(__name__)

_ASK_SECONDS = 1.0
_ANSWER_SECONDS = 1.0
_PROBE = "docuvault:broker-probe"
_PROBE_EXPIRES = 60
# A stand-in that does not end when it is asked to is killed; its leases run out.
_END_SECONDS = 30.0
_LONGEST_REST = 60.0
# One that worked for so long is started again without a rest.
_STEADY_SECONDS = 60.0


class BrokerWatch:
    """A thread that asks the broker every second; closed when the worker ends.

    Celery's pool forks from the process that this runs in. Nothing that the thread may hold is in
    use then: forks wait for the end of a question, which takes a few seconds at most.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._broker = Broker(settings.redis)
        self._standin = StandInProcess()
        self._away_since: float | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="broker-watch", daemon=True)
        self._turn = threading.Lock()

    def start(self) -> None:
        """Begin to ask."""
        os.register_at_fork(
            before=self._turn.acquire,
            after_in_parent=self._turn.release,
            after_in_child=self._turn.release,
        )
        self._thread.start()

    def close(self) -> None:
        """Stop asking and end the stand-in."""
        self._over.set()
        self._thread.join()
        self._standin.close()
        self._broker.close()

    def _watch(self) -> None:
        while not self._over.wait(_ASK_SECONDS):
            with self._turn:
                try:
                    self._look()
                except Exception:
                    # Whatever it was, the next look may succeed.
                    log.exception("broker.watch_failed")

    def _look(self) -> None:
        if self._broker.takes_messages():
            if self._away_since is not None:
                log.info("broker.back", seconds=round(time.monotonic() - self._away_since))
            self._away_since = None
            self._standin.dismiss()
            return
        now = time.monotonic()
        if self._away_since is None:
            self._away_since = now
            log.warning("broker.away")
        if now - self._away_since >= self._settings.queue.standin_seconds:
            self._standin.keep()


class Broker:
    """The Redis that carries the messages, asked whether it takes any."""

    def __init__(self, settings: RedisSettings) -> None:
        quick = {
            name: min(getattr(settings, name), _ANSWER_SECONDS)
            for name in ("socket_timeout", "connect_timeout")
        }
        self._client = create_sync_redis_client(
            settings.model_copy(update=quick), context="broker-watch"
        )

    def takes_messages(self) -> bool:
        """Whether it takes a small write: one that is full answers, and takes none."""
        try:
            with redis_errors():
                self._client.set(_PROBE, 1, ex=_PROBE_EXPIRES)
        except DependencyUnavailable:
            return False
        return True

    def close(self) -> None:
        """Give back the connection."""
        self._client.close()


class StandInProcess:
    """At most one child process that stands in; one that ends by itself is started again."""

    def __init__(
        self, command: Sequence[str] = (sys.executable, "-m", "docuvault", "standin")
    ) -> None:
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._dismissed: float | None = None
        self._rest = 0.0

    def keep(self) -> None:
        """See that one works, with a growing rest between starts that come to nothing."""
        self._reap()
        if self._process is None and time.monotonic() >= self._started + self._rest:
            self._process = subprocess.Popen(  # noqa: S603 - our own command, without a shell
                [*self._command, "--beside", str(os.getpid())], stdin=subprocess.DEVNULL
            )
            self._started = time.monotonic()
            log.warning("standin.started", pid=self._process.pid)

    def dismiss(self) -> None:
        """Ask it to end; it gives back what it has claimed."""
        self._rest = 0.0
        self._reap()
        if self._process is None:
            return
        if self._dismissed is None:
            self._dismissed = time.monotonic()
            self._process.terminate()
        elif time.monotonic() - self._dismissed > _END_SECONDS:
            self._process.kill()

    def close(self) -> None:
        """End it and wait for it."""
        self.dismiss()
        if self._process is not None:
            try:
                self._process.wait(_END_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()

    def _reap(self) -> None:
        """Notice that it has ended."""
        if self._process is None or self._process.poll() is None:
            return
        status, dismissed = self._process.returncode, self._dismissed is not None
        self._process, self._dismissed = None, None
        if not dismissed:
            steady = time.monotonic() - self._started > _STEADY_SECONDS
            self._rest = 0.0 if steady else min(max(2 * self._rest, 1.0), _LONGEST_REST)
            log.warning("standin.lost", status=status, starts_again_in=self._rest)
