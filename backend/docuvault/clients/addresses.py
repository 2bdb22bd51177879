"""Addresses of Redis: which one counts, how it is shown, and what one of sentinels says."""

from dataclasses import dataclass
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from docuvault.config.settings import RedisSettings
from docuvault.domain.errors import ConfigurationError

DEFAULT_URL = "redis://localhost:6379/0"
SENTINEL_PORT = 26379

_SENTINEL_SCHEMES = {"redis+sentinel": False, "rediss+sentinel": True}


@dataclass(frozen=True, slots=True)
class SentinelAddress:
    """A Redis that sentinels watch: they know which server is the master just now.

    User and password are those of the master; sentinels may have a password of their own.
    """

    sentinels: tuple[tuple[str, int], ...]
    service: str
    database: int
    username: str | None
    password: str | None
    sentinel_password: str | None
    tls: bool


def resolve_url(settings: RedisSettings, preferred_url: str | None = None) -> str:
    """The address in force, with its password; never log it.

    The argument goes first, then the settings (the loader puts the names of the environment
    there), then `DEFAULT_URL`.
    """
    if preferred_url:
        return preferred_url
    return settings.url.get_secret_value() if settings.url else DEFAULT_URL


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


def uses_tls(url: str) -> bool:
    """Whether the connection is encrypted."""
    return url.partition("://")[0] in {"rediss", "rediss+sentinel"}


def parse_sentinel(url: str) -> SentinelAddress | None:
    """What `redis+sentinel://user:password@host:port,host:port/service/database` says.

    None for an address of another kind. `rediss+sentinel` means TLS to all of them, the option
    `sentinel_password` a password of the sentinels. Raises `ConfigurationError`.
    """
    scheme = url.partition("://")[0]
    if scheme not in _SENTINEL_SCHEMES:
        return None
    try:
        parts = urlsplit(url)
        service, _, database = parts.path.lstrip("/").partition("/")
        address = SentinelAddress(
            sentinels=_hosts(parts),
            service=unquote(service),
            database=int(database or 0),
            username=unquote(parts.username) if parts.username else None,
            password=unquote(parts.password) if parts.password else None,
            sentinel_password=parse_qs(parts.query).get("sentinel_password", [None])[0],
            tls=_SENTINEL_SCHEMES[scheme],
        )
    except ValueError:
        address = None
    if address is None or not address.service or not address.sentinels:
        raise ConfigurationError(
            "The address of the Redis sentinels must look like"
            " redis+sentinel://user:password@host:port,host:port/service/number."
        )
    return address


def _hosts(parts: SplitResult) -> tuple[tuple[str, int], ...]:
    listed = parts.netloc.rpartition("@")[2].split(",")
    found = []
    for item in listed:
        one = urlsplit(f"//{item}")
        if not one.hostname:
            raise ValueError("a sentinel without a host")
        found.append((one.hostname, one.port or SENTINEL_PORT))
    return tuple(found)
