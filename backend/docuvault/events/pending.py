"""News that waits for the transaction that it belongs to."""

from docuvault.events.base import Event, EventBus


class PendingEvents:
    """A buffer of one request or task: published after the commit, dropped on rollback."""

    def __init__(self) -> None:
        self._events: dict[Event, None] = {}

    def add(self, event: Event) -> None:
        """Publish this after the commit; the same news only once."""
        self._events[event] = None

    async def flush(self, bus: EventBus) -> None:
        """Publish all."""
        events, self._events = self._events, {}
        for event in events:
            await bus.publish(event)
