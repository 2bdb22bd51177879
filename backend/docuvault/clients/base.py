"""What every client of a base service has: a lifecycle, and a quick answer whether it is there."""

import asyncio
import time
from abc import ABC, abstractmethod
from typing import Generic, TypeVar

import structlog

from docuvault.clients.connections import Service, error_name, observe_connection
from docuvault.domain.errors import DependencyUnavailable, ErrorCode
from docuvault.observability.metrics.base import MetricsSink
from docuvault.observability.metrics.null import NullSink

C = TypeVar("C")

# How long one answer to "are you there?" serves all who ask, in seconds.
PING_SECONDS = 1.0

log = structlog.get_logger(__name__)


class ServiceClient(ABC, Generic[C]):
    """One shared client of one base service, opened and closed by its owner.

    SDK clients connect lazily, so only a ping tells whether the service is there; `require` asks
    at most once per `PING_SECONDS`, however many ask at the same time. When it does not answer,
    the circuit opens: all callers fail at once, and a single probe asks in the background, every
    `retry_seconds`, until the service is back. `context` says for whom, in log and metrics.
    """

    def __init__(
        self,
        name: Service,
        unavailable: ErrorCode,
        *,
        retry_seconds: float,
        context: str,
        metrics: MetricsSink | None = None,
    ) -> None:
        self.name: Service = name
        self.context = context
        self._unavailable = unavailable
        self._retry_seconds = retry_seconds
        self._metrics = metrics or NullSink()
        self._asking = asyncio.Lock()
        self._answered_at = -float("inf")
        self._probe: asyncio.Task[None] | None = None
        self._probe_due = 0.0
        self._closed = True

    @property
    @abstractmethod
    def client(self) -> C:
        """The client of the SDK; it may not be able to connect."""

    @property
    def is_open(self) -> bool:
        """Whether the circuit is open: the service is away, and nobody waits for it."""
        # A loop that stood still (a worker between two tasks) has held up the probe, too; then
        # the next caller asks for himself.
        return self._probe is not None and time.monotonic() < self._probe_due + self._retry_seconds

    async def open(self) -> None:
        """Make the client; the service need not be there yet."""
        await self._open()
        self._closed = False

    async def close(self) -> None:
        """Give back all connections; may be called twice."""
        self._closed = True
        probe, self._probe = self._probe, None
        if probe is not None:
            probe.cancel()
            await asyncio.gather(probe, return_exceptions=True)
        await self._close()

    async def ping(self) -> None:
        """Ask the service itself, now; what is found counts for all callers.

        Raises `DependencyUnavailable`.
        """
        try:
            with observe_connection(self._metrics, self.name, "async", self.context):
                await self._ask()
        except DependencyUnavailable as error:
            self._note_away(error, self._retry_seconds)
            raise
        self._note_back()

    async def require(self) -> C:
        """The client of the SDK, if the service answers; raises `DependencyUnavailable`."""
        if self.is_open:
            raise self.unavailable()
        async with self._asking:
            if self.is_open:
                raise self.unavailable()
            if time.monotonic() - self._answered_at >= PING_SECONDS:
                await self.ping()
        return self.client

    async def optional(self) -> C | None:
        """The client of the SDK, or None while the service does not answer."""
        try:
            return await self.require()
        except DependencyUnavailable:
            return None

    def unavailable(self) -> DependencyUnavailable:
        """The error that stands for this service's absence."""
        return DependencyUnavailable(self._unavailable)

    def failed(self, error: Exception) -> None:
        """Tell that a command found the service away: nobody else waits, and a ping finds out."""
        self._note_away(error, 0.0)

    @abstractmethod
    async def _open(self) -> None:
        """Make the client of the SDK where there is none."""

    @abstractmethod
    async def _ask(self) -> None:
        """One question that a working service answers; raises `DependencyUnavailable`."""

    @abstractmethod
    async def _close(self) -> None:
        """Close the client of the SDK."""

    def _note_away(self, error: Exception, rest: float) -> None:
        self._answered_at = -float("inf")
        if self._closed or self._probe is not None:
            return
        log.warning(
            "service.unavailable",
            service=self.name,
            context=self.context,
            error=error_name(error),
        )
        self._probe_due = time.monotonic() + rest
        self._probe = asyncio.create_task(self._find_back(rest), name=f"probe-{self.name}")

    def _note_back(self) -> None:
        self._answered_at = time.monotonic()
        probe, self._probe = self._probe, None
        if probe is None:
            return
        if probe is not asyncio.current_task():
            probe.cancel()
        log.info("service.available_again", service=self.name, context=self.context)

    async def _find_back(self, rest: float) -> None:
        """Ask, with rests in between, until there is an answer."""
        while True:
            await asyncio.sleep(rest)
            rest = self._retry_seconds
            try:
                # However long the answer takes, nobody else asks meanwhile.
                self._probe_due = float("inf")
                await self.ping()
            except DependencyUnavailable:
                self._probe_due = time.monotonic() + rest
            else:
                return
