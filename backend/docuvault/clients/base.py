"""What every client of a base service has: a lifecycle, and a quick answer whether it is there."""

import asyncio
import time
from abc import ABC, abstractmethod
from typing import Generic, TypeVar

import structlog

from docuvault.domain.errors import DependencyUnavailable, ErrorCode

C = TypeVar("C")

# How long one answer to "are you there?" serves all who ask, in seconds.
PING_SECONDS = 1.0

log = structlog.get_logger(__name__)


class ServiceClient(ABC, Generic[C]):
    """One shared client of one base service, opened and closed by its owner.

    SDK clients connect lazily, so only a ping tells whether the service is there; `require` asks
    at most once per `ping_seconds`, whatever the answer and however many ask at the same time.
    """

    def __init__(
        self, name: str, unavailable: ErrorCode, *, ping_seconds: float = PING_SECONDS
    ) -> None:
        self.name = name
        self._unavailable = unavailable
        self._ping_seconds = ping_seconds
        self._asking = asyncio.Lock()
        self._asked_at = -float("inf")
        self._is_up: bool | None = None

    @property
    @abstractmethod
    def client(self) -> C:
        """The client of the SDK; it may not be able to connect."""

    @abstractmethod
    async def open(self) -> None:
        """Make the client; the service need not be there yet."""

    @abstractmethod
    async def ping(self) -> None:
        """Ask the service itself; raises `DependencyUnavailable`."""

    @abstractmethod
    async def close(self) -> None:
        """Give back all connections; may be called twice."""

    async def require(self) -> C:
        """The client of the SDK, if the service answers; raises `DependencyUnavailable`."""
        async with self._asking:
            if time.monotonic() - self._asked_at >= self._ping_seconds:
                await self._ask()
        if not self._is_up:
            raise self.unavailable()
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

    async def _ask(self) -> None:
        was_up = self._is_up
        try:
            await self.ping()
            self._is_up = True
        except DependencyUnavailable as error:
            self._is_up = False
            if was_up is not False:
                cause = type(error.__cause__ or error).__name__
                log.warning("service.unavailable", service=self.name, error=cause)
        self._asked_at = time.monotonic()
        if self._is_up and was_up is False:
            log.info("service.available_again", service=self.name)
