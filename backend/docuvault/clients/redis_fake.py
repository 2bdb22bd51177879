"""An in-memory Redis for development and tests, where somebody asked for it by name."""

from typing import Any

import redis
import redis.asyncio

from docuvault.domain.errors import ConfigurationError

# The library keeps one imitation per host and port for the whole process.
_HOST = "docuvault-fake"


def create_async_fake(*, decode_responses: bool = False) -> redis.asyncio.Redis:
    """A client of the one imitation that all clients of this process share.

    Raises `ConfigurationError` where the optional package is not installed.
    """
    fake: redis.asyncio.Redis = _library().FakeAsyncRedis(
        host=_HOST, decode_responses=decode_responses
    )
    return fake


def create_sync_fake(*, decode_responses: bool = False) -> redis.Redis:
    """The same for code outside an event loop."""
    fake: redis.Redis = _library().FakeRedis(host=_HOST, decode_responses=decode_responses)
    return fake


def _library() -> Any:
    try:
        import fakeredis
    except ImportError:
        raise ConfigurationError(
            "The fake Redis is an extra of its own: install docuvault[fake]."
        ) from None
    return fakeredis
