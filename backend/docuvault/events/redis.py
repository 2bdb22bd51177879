"""Events between processes, over Redis publish and subscribe."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from docuvault.clients.redis import RedisClient, redis_errors
from docuvault.domain.errors import DependencyUnavailable
from docuvault.events.base import Event, EventBus

log = structlog.get_logger(__name__)

_POLL_SECONDS = 1.0
# News is worth less than the time of whoever tells it. A Redis that works takes a millisecond; what
# takes longer goes on in the background, for so many pieces of news at the most.
_WAIT_SECONDS = 0.2
_MOST_UNTOLD = 100
_SUBSCRIBE_SECONDS = 5.0
_CLOSE_SECONDS = 0.5


class RedisEventBus(EventBus):
    """One channel per owner. `listening` must be a client without a socket timeout."""

    def __init__(self, commands: RedisClient, listening: Redis) -> None:
        self._commands = commands
        self._listening = listening
        self._untold: set[asyncio.Task[None]] = set()
        self._closing = asyncio.Event()

    async def publish(self, event: Event) -> None:
        """Tell the owner's channel; without Redis the news is lost and browsers poll."""
        if self._commands.is_open or len(self._untold) >= _MOST_UNTOLD:
            return
        # One caller finds out that Redis is slow; those that come meanwhile do not wait.
        patience = 0 if self._untold else _WAIT_SECONDS
        telling = asyncio.create_task(self._tell(event), name="publish")
        self._untold.add(telling)
        telling.add_done_callback(self._untold.discard)
        await asyncio.wait({telling}, timeout=patience)

    @asynccontextmanager
    async def subscribe(self, owner_id: UUID) -> AsyncIterator[AsyncIterator[Event]]:
        """Listen on the owner's channel until the block ends."""
        await self._commands.require()
        channel = self._listening.pubsub(ignore_subscribe_messages=True)
        try:
            # The client itself would wait for ever.
            async with asyncio.timeout(_SUBSCRIBE_SECONDS):
                await channel.subscribe(_channel(owner_id))
        except (RedisError, OSError) as error:
            await channel.aclose()  # type: ignore[no-untyped-call]
            raise self._commands.unavailable() from error
        try:
            yield self._listen(channel, owner_id)
        finally:
            await channel.aclose()  # type: ignore[no-untyped-call]

    async def _listen(self, channel: object, owner_id: UUID) -> AsyncIterator[Event]:
        while not self._closing.is_set():
            try:
                message = await channel.get_message(timeout=_POLL_SECONDS)  # type: ignore[attr-defined]
            except (RedisError, OSError) as error:
                log.warning("events.listen_failed", reason=type(error).__name__)
                return
            if message is not None:
                body = json.loads(message["data"])
                yield Event(owner_id, body["kind"], UUID(body["id"]))

    async def close(self) -> None:
        """End all subscriptions; the clients belong to whoever opened them."""
        self._closing.set()
        if self._untold:
            _, late = await asyncio.wait(self._untold, timeout=_CLOSE_SECONDS)
            for telling in late:
                telling.cancel()

    async def _tell(self, event: Event) -> None:
        body = json.dumps({"kind": event.kind, "id": str(event.id)})
        try:
            client = await self._commands.require()
            with redis_errors():
                await client.publish(_channel(event.owner_id), body)
        except DependencyUnavailable as error:
            self._commands.failed(error)
        except RedisError as error:
            log.warning("events.publish_failed", reason=type(error).__name__)


def _channel(owner_id: UUID) -> str:
    return f"docuvault:events:{owner_id}"
