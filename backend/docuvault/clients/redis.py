"""The factory of Redis clients, and the shared client of a process."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import redis
import redis.asyncio
import structlog
from redis import exceptions

from docuvault.clients.addresses import redact_url, resolve_url
from docuvault.clients.base import ServiceClient
from docuvault.clients.connections import Mode, observe_connection
from docuvault.clients.redis_fake import create_async_fake, create_sync_fake
from docuvault.clients.redis_pools import PoolOptions, create_async_pool, create_sync_pool
from docuvault.config.settings import RedisSettings
from docuvault.domain.errors import DependencyUnavailable, ErrorCode
from docuvault.observability.metrics.base import MetricsSink
from docuvault.observability.metrics.null import NullSink

_OUTAGES = (
    exceptions.ConnectionError,
    exceptions.TimeoutError,
    exceptions.MasterDownError,
    exceptions.OutOfMemoryError,
    exceptions.ReadOnlyError,
    OSError,
)
# Whatever a ping ends in: a server that refuses it is no more use than an absent one.
_NO_ANSWER = (exceptions.RedisError, OSError, TimeoutError)

# For annotations and handlers of those who must not know the library itself.
AsyncRedis = redis.asyncio.Redis
RefusedCommand = exceptions.ResponseError

log = structlog.get_logger(__name__)


async def create_async_redis_client(
    settings: RedisSettings,
    *,
    preferred_url: str | None = None,
    decode_responses: bool = False,
    fallback_to_fake: bool = False,
    blocking: bool = False,
    redis_kwargs: Mapping[str, Any] | None = None,
    context: str,
    metrics: MetricsSink | None = None,
) -> redis.asyncio.Redis:
    """An async client with a pool of its own, to be closed by the caller.

    The address is `preferred_url`, else that of the settings, else `DEFAULT_URL`. It connects with
    its first command, and an outage is an error of the command. Only with `fallback_to_fake`, and
    where the settings allow a fake, a ping decides: without an answer the client is one of the
    in-memory fake. A client for commands that wait at the server (subscriptions, blocking reads)
    must be `blocking`. `context` names the user in log, metrics and at the server. Raises
    `ConfigurationError` for an address that cannot be used.
    """
    url = resolve_url(settings, preferred_url)
    options = PoolOptions(context, decode_responses, blocking, redis_kwargs)
    client = redis.asyncio.Redis.from_pool(create_async_pool(settings, url, options))
    _log_created(context, url, "async")
    if not (fallback_to_fake and settings.allow_fake):
        return client
    sink = metrics or NullSink()
    with observe_connection(sink, "redis", "async", context) as attempt:
        try:
            await client.ping()
        except _NO_ANSWER as error:
            attempt.outcome = "fake"
            _note_fallback(sink, "async", context, url, error)
    if attempt.outcome == "fake":
        await client.aclose()
        return create_async_fake(decode_responses=decode_responses)
    return client


def create_sync_redis_client(
    settings: RedisSettings,
    *,
    preferred_url: str | None = None,
    decode_responses: bool = False,
    fallback_to_fake: bool = False,
    blocking: bool = False,
    redis_kwargs: Mapping[str, Any] | None = None,
    context: str,
    metrics: MetricsSink | None = None,
) -> redis.Redis:
    """As `create_async_redis_client`, for code that runs outside an event loop."""
    url = resolve_url(settings, preferred_url)
    options = PoolOptions(context, decode_responses, blocking, redis_kwargs)
    client = redis.Redis.from_pool(create_sync_pool(settings, url, options))
    _log_created(context, url, "sync")
    if not (fallback_to_fake and settings.allow_fake):
        return client
    sink = metrics or NullSink()
    with observe_connection(sink, "redis", "sync", context) as attempt:
        try:
            client.ping()
        except _NO_ANSWER as error:
            attempt.outcome = "fake"
            _note_fallback(sink, "sync", context, url, error)
    if attempt.outcome == "fake":
        client.close()
        return create_sync_fake(decode_responses=decode_responses)
    return client


@contextmanager
def redis_errors() -> Iterator[None]:
    """Turn an absent, full or read-only Redis into `DependencyUnavailable(redis_unavailable)`."""
    try:
        yield
    except _OUTAGES as error:
        raise DependencyUnavailable(ErrorCode.REDIS_UNAVAILABLE) from error
    except RuntimeError as error:
        if not is_dead_connection(error):
            raise
        raise DependencyUnavailable(ErrorCode.REDIS_UNAVAILABLE) from error


def is_dead_connection(error: RuntimeError) -> bool:
    """Whether uvloop says in this way that a connection is gone; asyncio's loop raises OSError."""
    return "the handler is closed" in str(error)


class RedisClient(ServiceClient[redis.asyncio.Redis]):
    """The shared async client of a process; a fake one where the settings allow it."""

    def __init__(
        self,
        settings: RedisSettings,
        *,
        preferred_url: str | None = None,
        decode_responses: bool = False,
        context: str,
        metrics: MetricsSink | None = None,
    ) -> None:
        super().__init__(
            "redis",
            ErrorCode.REDIS_UNAVAILABLE,
            retry_seconds=settings.retry_seconds,
            context=context,
            metrics=metrics,
        )
        self._settings = settings
        self._preferred_url = preferred_url
        self._decode_responses = decode_responses
        self._client: redis.asyncio.Redis | None = None

    @property
    def client(self) -> redis.asyncio.Redis:
        """The client of the SDK; raises `DependencyUnavailable` unless it is open."""
        if self._client is None:
            raise self.unavailable()
        return self._client

    @property
    def address(self) -> str:
        """Where the server is, without anything secret."""
        return redact_url(resolve_url(self._settings, self._preferred_url))

    @property
    def is_fake(self) -> bool:
        """Whether the in-memory fake stands in; it does so until the client is closed."""
        # A real client always has a pool that waits.
        return not isinstance(self.client.connection_pool, redis.asyncio.BlockingConnectionPool)

    async def listener(self, context: str) -> redis.asyncio.Redis:
        """Another client of the same server for commands that wait, to be closed by the caller."""
        if self.is_fake:
            return create_async_fake(decode_responses=self._decode_responses)
        return await create_async_redis_client(
            self._settings,
            preferred_url=self._preferred_url,
            decode_responses=self._decode_responses,
            blocking=True,
            context=context,
        )

    async def _open(self) -> None:
        if self._client is None:
            self._client = await create_async_redis_client(
                self._settings,
                preferred_url=self._preferred_url,
                decode_responses=self._decode_responses,
                fallback_to_fake=True,
                context=self.context,
                metrics=self._metrics,
            )

    async def _ask(self) -> None:
        """PING, within the time of one connection and one answer."""
        client = self.client
        patience = self._settings.connect_timeout + self._settings.socket_timeout
        try:
            async with asyncio.timeout(patience):
                await client.ping()
        except _NO_ANSWER as error:
            raise self.unavailable() from error

    async def _close(self) -> None:
        if self._client is not None:
            client, self._client = self._client, None
            await client.aclose()
            log.debug("redis.client_closed", context=self.context)


def _log_created(context: str, url: str, mode: Mode) -> None:
    log.debug("redis.client_created", context=context, url=redact_url(url), mode=mode)


def _note_fallback(
    metrics: MetricsSink, mode: Mode, context: str, url: str, error: Exception
) -> None:
    reason = type(error).__name__
    log.warning(
        "Redis unavailable; an in-memory fake stands in until the restart",
        context=context,
        url=redact_url(url),
        reason=reason,
    )
    metrics.emit_counter(
        "infra_redis_fallback_total",
        tags={"mode": mode, "context": context, "reason": reason},
    )
