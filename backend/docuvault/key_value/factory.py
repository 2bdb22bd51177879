"""Picks the key-value driver that the settings ask for."""

from docuvault.clients.redis import RedisClient
from docuvault.config.settings import Settings
from docuvault.domain.errors import ConfigurationError
from docuvault.key_value.base import Storage
from docuvault.key_value.memory import MemoryStorage
from docuvault.key_value.redis import RedisStorage


def create_storage(settings: Settings, redis: RedisClient | None) -> Storage:
    """Redis when there is an open client of it, else the memory of this process.

    Raises `ConfigurationError` when the settings name a Redis but no client is given: a process
    that silently kept sessions and limits to itself would be worse than none.
    """
    if redis is not None:
        patience = settings.redis.connect_timeout + settings.redis.socket_timeout
        return RedisStorage(redis.client, timeout=patience)
    if settings.redis.url is not None:
        raise ConfigurationError("A Redis is configured but no client was made for it.")
    return MemoryStorage()
