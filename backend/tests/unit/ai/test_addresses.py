"""Addresses that people type in: one spelling, and nothing that leads inside."""

from ipaddress import ip_address

import pytest

from docuvault.ai.addresses import AddressRefused, Origin, is_public, normal_hosts, origin_of


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://api.example.org", Origin("https", "api.example.org", 443)),
        ("https://API.example.org/v1/", Origin("https", "api.example.org", 443)),
        ("http://lab_7.example.org:1234/v1", Origin("http", "lab_7.example.org", 1234)),
        ("http://8.8.8.8", Origin("http", "8.8.8.8", 80)),
        ("http://[2606:4700:0:0::1]:8080", Origin("http", "2606:4700::1", 8080)),
    ],
)
def test_an_address_has_one_origin(url: str, origin: Origin) -> None:
    assert origin_of(url) == origin


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.example.org",
        "file:///etc/passwd",
        "gopher://example.org/",
        "ftp://example.org/",
        "HTTP://example.org",
        "Https://example.org",
        "//example.org",
        "http:/example.org",
        "http://",
        "http:///v1",
        "http://user@example.org",
        "http://user:password@example.org",
        "http://example.org@169.254.169.254",
        "http://example.org\\@169.254.169.254",
        "http://example.org#@169.254.169.254",
        "http://example.org?x=1",
        "http://example.org/?x=1",
        "http://example.org/#x",
        "http://example.org/a b",
        "http://example.org/\r\nHost: inside",
        " http://example.org",
        "http://example.org\n",
        "http://exa%6dple.org",
        "http://examp\u2044le.org",
        "http://b\u00fccher.example",
        "http://\uff11\uff10.0.0.1",
        "http://example.org.",
        "http://.example.org",
        "http://a..b",
        "http://example.org:0",
        "http://example.org:65536",
        "http://example.org:80:80",
        "http://example.org:",
        "http://example.org:8o",
        "http://2130706433",
        "http://017700000001",
        "http://0177.0.0.1",
        "http://0x7f.1",
        "http://0x7f000001",
        "http://127.1",
        "http://1.2.3.4.5",
        "http://256.1.1.1",
        "http://[::1",
        "http://[fe80::1%25eth0]",
        "http://[1.2.3.4]",
        "http://" + "a" * 64 + ".org",
        "http://" + "a." * 127 + "org",
        "http://example.org/" + "a" * 2000,
    ],
)
def test_every_other_spelling_is_refused(url: str) -> None:
    with pytest.raises(AddressRefused) as caught:
        origin_of(url)
    assert "password" not in str(caught.value).replace("user, password, query", "")


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "100.64.0.1",
        "100.100.100.200",
        "127.0.0.1",
        "127.255.255.254",
        "168.63.129.16",
        "169.254.169.254",
        "172.16.0.1",
        "172.31.255.255",
        "192.0.0.192",
        "192.0.2.1",
        "192.88.99.1",
        "192.168.1.1",
        "198.18.0.1",
        "198.51.100.1",
        "203.0.113.1",
        "224.0.0.1",
        "239.255.255.250",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "::7f00:1",
        "::ffff:127.0.0.1",
        "::ffff:169.254.169.254",
        "::ffff:8.8.8.8",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b::10.0.0.1",
        "64:ff9b:1::808:808",
        "100::1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "2002:a9fe:a9fe::1",
        "2002:808:808::1",
        "3fff::1",
        "5f00::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
    ],
)
def test_addresses_that_lead_inside_are_not_public(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "172.32.0.1", "2606:4700::1111", "64:ff9b::808:808"]
)
def test_the_internet_is_public(address: str) -> None:
    assert is_public(ip_address(address))


def test_hosts_are_compared_in_one_spelling() -> None:
    assert normal_hosts([" Lab.Example ", "[FD00::0:1]", "10.0.0.1", ""]) == {
        "lab.example",
        "fd00::1",
        "10.0.0.1",
    }
