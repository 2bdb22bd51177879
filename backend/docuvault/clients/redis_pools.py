"""Pools of Redis connections, with the timeouts, retries and limits that the settings ask for."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import redis
import redis.asyncio
from redis import exceptions, sentinel
from redis.asyncio import sentinel as async_sentinel
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import ExponentialWithJitterBackoff, NoBackoff
from redis.maint_notifications import MaintNotificationsConfig
from redis.retry import Retry

from docuvault.clients.addresses import SentinelAddress, parse_sentinel, uses_tls
from docuvault.config.settings import RedisSettings
from docuvault.domain.errors import ConfigurationError

# A pooled connection may have died with a server that is back already. A timeout is not tried
# again: the command may have been carried out, and the caller has waited long enough.
_RETRIES = 1
_BACKOFF = ExponentialWithJitterBackoff(cap=0.5, base=0.05)
_RETRIED = (exceptions.ConnectionError,)


@dataclass(frozen=True, slots=True)
class PoolOptions:
    """How the connections of one client behave.

    `blocking` is for commands that wait at the server: an answer may take any time. `more` is
    handed to redis-py as it is.
    """

    context: str
    decode_responses: bool = False
    blocking: bool = False
    more: Mapping[str, Any] | None = None


def create_async_pool(
    settings: RedisSettings, url: str, options: PoolOptions
) -> redis.asyncio.ConnectionPool:
    """A pool for an event loop; nothing is connected. Raises `ConfigurationError`."""
    arguments = {
        "retry": AsyncRetry(_BACKOFF, _RETRIES, supported_errors=_RETRIED),
        **_arguments(settings, url, options),
    }
    address = parse_sentinel(url)
    if address is not None:
        watchers = async_sentinel.Sentinel(  # type: ignore[no-untyped-call]
            address.sentinels,
            sentinel_kwargs={
                **_watcher_arguments(address, arguments),
                "retry": AsyncRetry(NoBackoff(), 0),
            },
        )
        return _AsyncMasterPool(  # type: ignore[no-untyped-call]
            address.service, watchers, **_master(address), **arguments
        )
    try:
        return redis.asyncio.BlockingConnectionPool.from_url(url, **arguments)
    except ValueError:
        raise _unusable() from None


def create_sync_pool(
    settings: RedisSettings, url: str, options: PoolOptions
) -> redis.ConnectionPool:
    """As `create_async_pool`, for code outside an event loop."""
    arguments = {
        "retry": Retry(_BACKOFF, _RETRIES, supported_errors=_RETRIED),
        **_arguments(settings, url, options),
    }
    address = parse_sentinel(url)
    if address is not None:
        watchers = sentinel.Sentinel(  # type: ignore[no-untyped-call]
            address.sentinels,
            sentinel_kwargs={**_watcher_arguments(address, arguments), "retry": no_retry()},
        )
        return _MasterPool(  # type: ignore[no-untyped-call]
            address.service, watchers, **_master(address), **arguments
        )
    try:
        return redis.BlockingConnectionPool.from_url(url, **arguments)
    except ValueError:
        raise _unusable() from None


def no_retry() -> Retry:
    """For questions to sentinels: the next one is asked instead of the same again."""
    return Retry(NoBackoff(), 0)


class _AsyncMasterPool(async_sentinel.SentinelConnectionPool, redis.asyncio.BlockingConnectionPool):
    """Connections to whichever server is the master; waits for a free one like the others."""

    async def aclose(self) -> None:
        """Close these and the connections to the sentinels."""
        await super().aclose()
        await self.sentinel_manager.aclose()


class _MasterPool(sentinel.SentinelConnectionPool, redis.BlockingConnectionPool):
    """The same outside an event loop."""

    def close(self) -> None:
        """Close these and the connections to the sentinels."""
        super().close()
        for watcher in self.sentinel_manager.sentinels:
            watcher.close()


def _arguments(settings: RedisSettings, url: str, options: PoolOptions) -> dict[str, Any]:
    return {
        "decode_responses": options.decode_responses,
        "max_connections": settings.max_connections,
        # Seconds to wait for a free connection of the pool.
        "timeout": settings.socket_timeout,
        "socket_timeout": None if options.blocking else settings.socket_timeout,
        "socket_connect_timeout": settings.connect_timeout,
        "socket_keepalive": True,
        "health_check_interval": settings.health_check_interval,
        "client_name": f"docuvault-{options.context}",
        # Only the vendor's cloud sends these notifications.
        "maint_notifications_config": MaintNotificationsConfig(enabled=False),
        **_certificates(settings, url),
        **(options.more or {}),
    }


def _certificates(settings: RedisSettings, url: str) -> dict[str, str]:
    if settings.ca_file is None:
        return {}
    if not uses_tls(url):
        raise ConfigurationError(
            "Certificates for Redis are given, but its address does not ask for TLS (rediss://)."
        )
    if not settings.ca_file.is_file():
        raise ConfigurationError("The file with the certificates for Redis cannot be read.")
    return {"ssl_ca_certs": str(settings.ca_file)}


def _master(address: SentinelAddress) -> dict[str, Any]:
    return {
        "db": address.database,
        "username": address.username,
        "password": address.password,
        "ssl": address.tls,
    }


def _watcher_arguments(address: SentinelAddress, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """A sentinel answers at once or is left out, also where commands may wait for long."""
    told = ("ssl_ca_certs", "socket_connect_timeout", "maint_notifications_config")
    return {
        **{name: arguments[name] for name in told if name in arguments},
        "socket_timeout": arguments["socket_connect_timeout"],
        "password": address.sentinel_password,
        "ssl": address.tls,
    }


def _unusable() -> ConfigurationError:
    # The library's own words may quote a part of the password.
    return ConfigurationError("The address of Redis is not usable.")
