"""An in-memory Redis for development and tests, where somebody asked for it by name."""

import redis.asyncio

from docuvault.domain.errors import ConfigurationError


def create_fake_redis(*, decode_responses: bool = False) -> redis.asyncio.Redis:
    """A client of a server that lives in this process alone.

    Raises `ConfigurationError` where the optional package is not installed.
    """
    try:
        from fakeredis import FakeAsyncRedis
    except ImportError:
        raise ConfigurationError(
            "The fake Redis is an extra of its own: install docuvault[fake]."
        ) from None
    return FakeAsyncRedis(decode_responses=decode_responses)
