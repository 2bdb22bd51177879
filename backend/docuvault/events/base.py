"""The event port: news of changes to whoever has the page open; the rows hold the truth."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Event:
    """Something of one owner changed: a `document`, `topic` or `rule`; `id` says which one.

    `status` is the mode of the vault, which concerns every owner; `id` is the owner's own.
    """

    owner_id: UUID
    kind: str
    id: UUID


class EventBus(ABC):
    """Best effort: publishing never fails a caller, and a slow listener loses old news."""

    @abstractmethod
    async def publish(self, event: Event) -> None:
        """Tell all listeners of the owner; faults are logged, not raised."""

    @abstractmethod
    def subscribe(self, owner_id: UUID) -> AbstractAsyncContextManager[AsyncIterator[Event]]:
        """News of one owner from now on."""

    @abstractmethod
    async def close(self) -> None:
        """Give back connections; open subscriptions end."""
