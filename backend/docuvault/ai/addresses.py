"""Which addresses the vault may be sent to: one strict spelling, and only the public internet."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
)

IPAddress = IPv4Address | IPv6Address

MAX_URL_CHARACTERS = 2000
_DEFAULT_PORTS = {"http": 80, "https": 443}

# The only parser of such addresses. What it does not know (users, escapes, spaces, backslashes,
# queries) cannot be read in two ways by two libraries.
_BASE_URL = re.compile(
    r"(?P<scheme>https?)://"
    r"(?:\[(?P<six>[0-9a-fA-F:.]+)\]|(?P<name>[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*))"
    r"(?::(?P<port>[0-9]{1,5}))?"
    r"(?P<path>(?:/[A-Za-z0-9._~-]*)*)"
)
_NUMBER = re.compile(r"[0-9]+|0[xX][0-9a-fA-F]*")

# Besides what Python calls private; addresses that only carry others inside are never a provider's.
_REFUSED_4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",
        "100.64.0.0/10",
        "168.63.129.16/32",  # the host of a virtual machine in Azure
        "192.0.0.0/24",
        "192.88.99.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
_GLOBAL_6 = IPv6Network("2000::/3")
_REFUSED_6 = tuple(
    IPv6Network(network)
    for network in (
        "2001::/23",  # Teredo and other assignments of the protocol itself
        "2001:db8::/32",
        "2002::/16",  # 6to4
        "3fff::/20",
    )
)
# Networks without IPv4 reach it through this prefix, whose last four bytes are the address.
_NAT64 = IPv6Network("64:ff9b::/96")


class AddressRefused(ValueError):
    """The vault does not connect there; the message is a sentence for people."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Scheme, host (lower case, no brackets) and port: what a key belongs to."""

    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"


def origin_of(url: str) -> Origin:
    """The origin of a base address in the one accepted spelling.

    Raises `AddressRefused` with the reason; the address is not repeated in it.
    """
    if len(url) > MAX_URL_CHARACTERS:
        raise AddressRefused("The address is too long.")
    found = _BASE_URL.fullmatch(url)
    if found is None:
        raise AddressRefused(
            "The address must look like https://host or http://host:port/path, in lower-case"
            " http or https, without user, password, query or special characters."
        )
    port = int(found["port"]) if found["port"] else _DEFAULT_PORTS[found["scheme"]]
    if not 1 <= port <= 65535:
        raise AddressRefused("The port must be between 1 and 65535.")
    return Origin(found["scheme"], _host(found["six"], found["name"]), port)


def literal_of(host: str) -> IPAddress | None:
    """The IP address that a host is, or None for a name."""
    try:
        return ip_address(host)
    except ValueError:
        return None


def is_public(address: IPAddress) -> bool:
    """Whether an address belongs to the public internet, whatever it is wrapped in."""
    if isinstance(address, IPv4Address):
        return (
            address.is_global
            and not address.is_multicast
            and not any(address in network for network in _REFUSED_4)
        )
    if address.scope_id is not None:
        return False
    if address in _NAT64:
        return is_public(IPv4Address(address.packed[-4:]))
    return address in _GLOBAL_6 and not any(address in network for network in _REFUSED_6)


def is_local_name(host: str) -> bool:
    """Names that mean this machine by definition, whatever a resolver says."""
    return host == "localhost" or host.endswith(".localhost")


def normal_hosts(hosts: Iterable[str]) -> frozenset[str]:
    """Host names and addresses in the spelling in which origins name them."""
    bare = (host.strip().lower().removeprefix("[").removesuffix("]") for host in hosts)
    return frozenset(str(literal_of(host) or host) for host in bare if host)


def _host(six: str | None, name: str | None) -> str:
    if six is not None:
        address = literal_of(six)
        if not isinstance(address, IPv6Address):
            raise AddressRefused("There is no IPv6 address in the brackets.")
        return str(address)
    host = (name or "").lower()
    if len(host) > 253 or any(len(label) > 63 for label in host.split(".")):
        raise AddressRefused("The host name is too long.")
    # Resolvers read 2130706433, 0x7f.1 and 0177.0.0.1 as addresses; there is one way to write one.
    if _NUMBER.fullmatch(host.rsplit(".", 1)[-1]) and not isinstance(literal_of(host), IPv4Address):
        raise AddressRefused("An IP address is written as four decimal numbers, such as 192.0.2.1.")
    return host
