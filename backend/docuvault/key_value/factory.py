"""Picks the key-value driver that the settings ask for."""

from docuvault.clients.redis import RedisClient
from docuvault.config.settings import Settings
from docuvault.domain.errors import ConfigurationError
from docuvault.key_value.base import Storage
from docuvault.key_value.file import FileStorage
from docuvault.key_value.redis import RedisStorage

FILE_NAME = "key_value.db"


def create_storage(settings: Settings, redis: RedisClient | None) -> Storage:
    """Redis when there is an open client of it, else a file in the data folder.

    Raises `ConfigurationError` when the settings name a Redis but no client is given: a process
    that silently kept sessions and limits to itself would be worse than none.
    """
    if redis is not None:
        patience = settings.redis.connect_timeout + settings.redis.socket_timeout
        return RedisStorage(redis.client, timeout=patience, service=redis)
    if settings.redis.url is not None:
        raise ConfigurationError("A Redis is configured but no client was made for it.")
    return FileStorage(settings.data_dir / FILE_NAME)
