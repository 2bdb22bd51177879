"""Events inside one process."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from docuvault.events.base import Event, EventBus

# A listener that falls this far behind loses the oldest news; the rows hold the truth.
_BACKLOG = 1000


class MemoryEventBus(EventBus):
    """One bounded buffer per listener."""

    def __init__(self) -> None:
        self._listeners: dict[UUID, set[asyncio.Queue[Event | None]]] = {}
        self._closed = False

    async def publish(self, event: Event) -> None:
        """Put the news into the buffers of the owner's listeners."""
        for buffer in self._listeners.get(event.owner_id, ()):
            if buffer.full():
                buffer.get_nowait()
            buffer.put_nowait(event)

    @asynccontextmanager
    async def subscribe(self, owner_id: UUID) -> AsyncIterator[AsyncIterator[Event]]:
        """Listen until the block ends."""
        buffer: asyncio.Queue[Event | None] = asyncio.Queue(_BACKLOG)
        if self._closed:
            buffer.put_nowait(None)
        self._listeners.setdefault(owner_id, set()).add(buffer)
        try:
            yield _drain(buffer)
        finally:
            self._listeners[owner_id].discard(buffer)
            if not self._listeners[owner_id]:
                del self._listeners[owner_id]

    async def close(self) -> None:
        """End all subscriptions, also those that come late."""
        self._closed = True
        for buffers in self._listeners.values():
            for buffer in buffers:
                if buffer.full():
                    buffer.get_nowait()
                buffer.put_nowait(None)


async def _drain(buffer: asyncio.Queue[Event | None]) -> AsyncIterator[Event]:
    while (event := await buffer.get()) is not None:
        yield event
