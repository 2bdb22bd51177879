"""Events between processes, over Redis publish and subscribe."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import structlog
from redis.asyncio import Redis
from redis.exceptions import RedisError

from docuvault.domain.errors import DependencyUnavailable, ErrorCode
from docuvault.events.base import Event, EventBus

log = structlog.get_logger(__name__)

_POLL_SECONDS = 1.0
# News is worth less than the time of whoever tells it, so a Redis that hangs is not waited for.
_PUBLISH_SECONDS = 0.5


class RedisEventBus(EventBus):
    """One channel per owner. `listening` must be a client without a socket timeout."""

    def __init__(self, commands: Redis, listening: Redis) -> None:
        self._commands = commands
        self._listening = listening
        self._closing = asyncio.Event()

    async def publish(self, event: Event) -> None:
        """Tell the owner's channel; without Redis the news is lost and browsers poll."""
        try:
            async with asyncio.timeout(_PUBLISH_SECONDS):
                await self._commands.publish(
                    _channel(event.owner_id), json.dumps({"kind": event.kind, "id": str(event.id)})
                )
        except (RedisError, OSError, TimeoutError) as error:
            log.warning("events.publish_failed", reason=type(error).__name__)

    @asynccontextmanager
    async def subscribe(self, owner_id: UUID) -> AsyncIterator[AsyncIterator[Event]]:
        """Listen on the owner's channel until the block ends."""
        channel = self._listening.pubsub(ignore_subscribe_messages=True)
        try:
            await channel.subscribe(_channel(owner_id))
        except (RedisError, OSError) as error:
            await channel.aclose()  # type: ignore[no-untyped-call]
            raise DependencyUnavailable(ErrorCode.REDIS_UNAVAILABLE) from error
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


def _channel(owner_id: UUID) -> str:
    return f"docuvault:events:{owner_id}"
