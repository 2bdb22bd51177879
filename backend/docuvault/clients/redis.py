"""Makes Redis clients with the timeouts, retries and pools that the settings ask for."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import redis
import redis.asyncio
import structlog
from redis import exceptions
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import ExponentialWithJitterBackoff
from redis.maint_notifications import MaintNotificationsConfig
from redis.retry import Retry

from docuvault.clients.base import ServiceClient
from docuvault.config.settings import RedisSettings
from docuvault.domain.errors import DependencyUnavailable, ErrorCode

DEFAULT_URL = "redis://localhost:6379/0"

# A pooled connection may have died with a server that is back already. A timeout is not tried
# again: the command may have been carried out, and the caller has waited long enough.
_RETRIES = 1
_BACKOFF = ExponentialWithJitterBackoff(cap=0.5, base=0.05)
_RETRIED = (exceptions.ConnectionError,)

_OUTAGES = (
    exceptions.ConnectionError,
    exceptions.TimeoutError,
    exceptions.MasterDownError,
    exceptions.OutOfMemoryError,
    exceptions.ReadOnlyError,
    OSError,
)

log = structlog.get_logger(__name__)


def create_async_redis_client(
    settings: RedisSettings,
    *,
    preferred_url: str | None = None,
    decode_responses: bool = False,
    blocking: bool = False,
    context: str,
) -> redis.asyncio.Redis:
    """An async client with a pool of its own; it connects with its first command.

    The address is `preferred_url`, else that of the settings, else `DEFAULT_URL`. A client for
    commands that wait at the server (subscriptions, blocking reads) must be `blocking`: it has no
    limit on the time an answer may take. `context` names the user in the log and at the server.
    """
    url = _resolve_url(settings, preferred_url)
    pool = redis.asyncio.BlockingConnectionPool.from_url(
        url,
        retry=AsyncRetry(_BACKOFF, _RETRIES, supported_errors=_RETRIED),
        **_options(settings, decode_responses, blocking, context),
    )
    log.debug("redis.client_created", context=context, url=redact_url(url), mode="async")
    return redis.asyncio.Redis.from_pool(pool)


def create_sync_redis_client(
    settings: RedisSettings,
    *,
    preferred_url: str | None = None,
    decode_responses: bool = False,
    blocking: bool = False,
    context: str,
) -> redis.Redis:
    """As `create_async_redis_client`, for code that runs outside an event loop."""
    url = _resolve_url(settings, preferred_url)
    pool = redis.BlockingConnectionPool.from_url(
        url,
        retry=Retry(_BACKOFF, _RETRIES, supported_errors=_RETRIED),
        **_options(settings, decode_responses, blocking, context),
    )
    log.debug("redis.client_created", context=context, url=redact_url(url), mode="sync")
    return redis.Redis.from_pool(pool)


def redact_url(url: str) -> str:
    """The address without anything that may be secret: no user, password or options."""
    scheme, separator, rest = url.partition("://")
    if not separator:
        return "***"
    head, _, options = rest.partition("?")
    # Passwords are not always encoded as they should be: everything up to the last @ goes.
    _, at, address = head.rpartition("@")
    if "@" in options:
        return f"{scheme}://***"
    return f"{scheme}://{'***@' if at else ''}{address}"


@contextmanager
def redis_errors() -> Iterator[None]:
    """Turn an absent, full or read-only Redis into `DependencyUnavailable(redis_unavailable)`."""
    try:
        yield
    except _OUTAGES as error:
        raise DependencyUnavailable(ErrorCode.REDIS_UNAVAILABLE) from error


class RedisClient(ServiceClient[redis.asyncio.Redis]):
    """The shared async client of a process."""

    def __init__(
        self,
        settings: RedisSettings,
        *,
        preferred_url: str | None = None,
        decode_responses: bool = False,
        context: str,
    ) -> None:
        super().__init__("redis", ErrorCode.REDIS_UNAVAILABLE)
        self._settings = settings
        self._preferred_url = preferred_url
        self._decode_responses = decode_responses
        self._context = context
        self._client: redis.asyncio.Redis | None = None

    @property
    def client(self) -> redis.asyncio.Redis:
        """The client of the SDK; raises `DependencyUnavailable` unless it is open."""
        if self._client is None:
            raise self.unavailable()
        return self._client

    async def open(self) -> None:
        """Make the client and its pool; nothing is contacted."""
        if self._client is None:
            self._client = create_async_redis_client(
                self._settings,
                preferred_url=self._preferred_url,
                decode_responses=self._decode_responses,
                context=self._context,
            )

    async def ping(self) -> None:
        """PING, within the time of one connection and one answer."""
        client = self.client
        try:
            async with asyncio.timeout(
                self._settings.connect_timeout + self._settings.socket_timeout
            ):
                await client.ping()
        except (exceptions.RedisError, OSError, TimeoutError) as error:
            raise self.unavailable() from error

    async def close(self) -> None:
        """Close the pool."""
        if self._client is not None:
            client, self._client = self._client, None
            await client.aclose()
            log.debug("redis.client_closed", context=self._context)


def _resolve_url(settings: RedisSettings, preferred_url: str | None) -> str:
    if preferred_url:
        return preferred_url
    return settings.url.get_secret_value() if settings.url else DEFAULT_URL


def _options(
    settings: RedisSettings, decode_responses: bool, blocking: bool, context: str
) -> dict[str, Any]:
    return {
        "decode_responses": decode_responses,
        "max_connections": settings.max_connections,
        # Seconds to wait for a free connection of the pool.
        "timeout": settings.socket_timeout,
        "socket_timeout": None if blocking else settings.socket_timeout,
        "socket_connect_timeout": settings.connect_timeout,
        "socket_keepalive": True,
        "health_check_interval": settings.health_check_interval,
        "client_name": f"docuvault-{context}",
        # Only the vendor's cloud sends these notifications.
        "maint_notifications_config": MaintNotificationsConfig(enabled=False),
    }
