"""What decides how much is done for each document."""

from contextlib import AsyncExitStack
from uuid import UUID

from docuvault.config.settings import Settings
from docuvault.domain.modes import Mode
from docuvault.events.base import Event, EventBus
from docuvault.fallback.circuit import CircuitBreaker
from docuvault.fallback.manager import FallbackManager
from docuvault.fallback.policy import create_policy
from docuvault.fallback.transitions import Transition
from docuvault.key_value.base import Storage
from docuvault.key_value.factory import create_storage
from docuvault.observability.metrics.base import MetricsSink

# A question and its repair, and some time for what comes before and after.
_CALLS = 2
_SPARE_SECONDS = 30.0


def create_fallback(settings: Settings, storage: Storage, metrics: MetricsSink) -> FallbackManager:
    """The mode that processes share; raises `ConfigurationError` for a condition that is none."""
    return FallbackManager(
        storage,
        create_policy(settings.fallback),
        CircuitBreaker(
            storage,
            settings.fallback,
            trial_seconds=_CALLS * settings.ai.timeout + _SPARE_SECONDS,
        ),
        metrics,
        settings.fallback,
    )


def tell_of_modes(fallback: FallbackManager, events: EventBus, owner_id: UUID) -> None:
    """Let open browsers know at once when the mode changes."""

    async def tell(_: Transition) -> None:
        await events.publish(Event(owner_id, "status", owner_id))

    for mode in Mode:
        fallback.register_mode_callback(mode, tell)


async def open_cache(
    stack: AsyncExitStack, settings: Settings, key_value: Storage, metrics: MetricsSink
) -> Storage:
    """Where answers of AI providers are kept: in a Redis of their own if the settings name one."""
    if settings.redis.cache_url is None:
        return key_value
    from docuvault.clients.redis import RedisClient

    client = RedisClient(
        settings.redis,
        preferred_url=settings.redis.cache_url.get_secret_value(),
        context="cache",
        metrics=metrics,
    )
    stack.push_async_callback(client.close)
    await client.open()
    return create_storage(settings, client)
