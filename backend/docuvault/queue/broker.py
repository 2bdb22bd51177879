"""The Redis of the settings as Celery has to be told of it."""

import ssl
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from docuvault.clients.addresses import SentinelAddress, parse_sentinel, resolve_url, uses_tls
from docuvault.clients.redis_pools import no_retry
from docuvault.config.settings import RedisSettings


@dataclass(frozen=True, slots=True)
class Broker:
    """An address with its password, which transport serves it, and its options."""

    url: str = field(repr=False)
    transport: str
    tls: dict[str, Any] | None
    options: dict[str, Any] = field(repr=False)


def broker_of(settings: RedisSettings) -> Broker:
    """The same server that all other parts use; raises `ConfigurationError`."""
    url = resolve_url(settings)
    tls = _tls(settings) if uses_tls(url) else None
    sentinels = parse_sentinel(url)
    if sentinels is None:
        return Broker(url, "docuvault.queue.hint_transport:HintTransport", tls, {})
    watcher: dict[str, Any] = {
        "socket_connect_timeout": settings.connect_timeout,
        "socket_timeout": settings.connect_timeout,
        "password": sentinels.sentinel_password,
        "retry": no_retry(),
    }
    if tls is not None:
        watcher |= {"ssl": True, **tls}
    return Broker(
        _sentinel_url(sentinels),
        "docuvault.queue.hint_transport:HintSentinelTransport",
        tls,
        {"master_name": sentinels.service, "sentinel_kwargs": watcher},
    )


def _sentinel_url(address: SentinelAddress) -> str:
    """Celery's form: one whole address for each sentinel, with what the master asks for."""
    secret = ""
    if address.password is not None:
        secret = f"{quote(address.username or '', safe='')}:{quote(address.password, safe='')}@"
    return ";".join(
        f"sentinel://{secret}{host}:{port}/{address.database}" for host, port in address.sentinels
    )


def _tls(settings: RedisSettings) -> dict[str, Any]:
    told: dict[str, Any] = {"ssl_cert_reqs": ssl.CERT_REQUIRED}
    if settings.ca_file is not None:
        told["ssl_ca_certs"] = str(settings.ca_file)
    return told
