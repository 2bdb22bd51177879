"""The shared client of the Qdrant server."""

import asyncio
from urllib.parse import urlsplit

import structlog
from qdrant_client import AsyncQdrantClient
from qdrant_client.common.client_exceptions import QdrantException
from qdrant_client.http.exceptions import ApiException

from docuvault.clients.base import ServiceClient
from docuvault.config.settings import QdrantSettings
from docuvault.domain.errors import ConfigurationError, ErrorCode
from docuvault.observability.metrics.base import MetricsSink

_POOL_SIZE = 32

log = structlog.get_logger(__name__)


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
    log.debug(
        "qdrant.client_created",
        host=host,
        port=port,
        tls=address.scheme == "https",
        api_key=bool(key),
    )
    return client


class QdrantService(ServiceClient[AsyncQdrantClient]):
    """The shared client of a process."""

    def __init__(
        self, settings: QdrantSettings, *, context: str, metrics: MetricsSink | None = None
    ) -> None:
        super().__init__(
            "qdrant",
            ErrorCode.VECTORS_UNAVAILABLE,
            retry_seconds=settings.retry_seconds,
            context=context,
            metrics=metrics,
        )
        self._settings = settings
        self._client: AsyncQdrantClient | None = None

    @property
    def client(self) -> AsyncQdrantClient:
        """The client of the SDK; raises `DependencyUnavailable` unless it is open."""
        if self._client is None:
            raise self.unavailable()
        return self._client

    @property
    def address(self) -> str:
        """Where the server is, without anything secret."""
        parts = urlsplit(self._settings.url or "")
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"

    async def _open(self) -> None:
        if self._client is None:
            self._client = create_qdrant_client(self._settings)

    async def _ask(self) -> None:
        """List the collections: unlike its other signs of life, this needs the right key."""
        client = self.client
        try:
            async with asyncio.timeout(self._settings.timeout):
                await client.get_collections()
        except (ApiException, QdrantException, OSError, TimeoutError) as error:
            raise self.unavailable() from error

    async def _close(self) -> None:
        if self._client is not None:
            client, self._client = self._client, None
            await client.close()
            log.debug("qdrant.client_closed", context=self.context)
