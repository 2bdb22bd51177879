"""The shared client of the Qdrant server."""

from urllib.parse import urlsplit

import structlog
from qdrant_client import AsyncQdrantClient

from docuvault.config.settings import QdrantSettings
from docuvault.domain.errors import ConfigurationError

_POOL_SIZE = 32

_log = structlog.get_logger(__name__)


def create_qdrant_client(settings: QdrantSettings) -> AsyncQdrantClient:
    """A client for the configured server; it connects with the first call and must be closed.

    Raises `ConfigurationError` without a usable address.
    """
    if settings.url is None:
        raise ConfigurationError("No address of a Qdrant server is configured.")
    try:
        address = urlsplit(settings.url)
        host, port = address.hostname, address.port
    except ValueError as error:
        raise ConfigurationError("The address of the Qdrant server is not usable.") from error
    if address.scheme not in ("http", "https") or not host:
        raise ConfigurationError("The address of the Qdrant server must be an http(s) URL.")
    key = settings.api_key.get_secret_value() if settings.api_key else None
    # As a plain header: given as `api_key`, the client warns of every server inside a network.
    headers = {"api-key": key} if key else {}
    client = AsyncQdrantClient(
        url=settings.url,
        headers=headers,
        timeout=settings.timeout,
        pool_size=_POOL_SIZE,
        check_compatibility=False,
    )
    _log.info(
        "Qdrant client created",
        host=host,
        port=port,
        tls=address.scheme == "https",
        api_key=bool(key),
    )
    return client
