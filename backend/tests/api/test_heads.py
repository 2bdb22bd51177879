"""The head of a request is bounded, however it arrives."""

import socket

import pytest

from tests.assembly import Assembly
from tests.vault import Vault


@pytest.mark.parametrize(
    "head",
    [
        b"X-Large: " + b"x" * 200_000,
        b"".join(b"X-%d: y\r\n" % number for number in range(20_000)),
    ],
    ids=["one large header", "many small headers"],
)
def test_a_head_without_end_is_refused(assembly: Assembly, vault: Vault, head: bytes) -> None:
    host, port = assembly.base_url.removeprefix("http://").split(":")
    with socket.create_connection((host, int(port)), timeout=10) as connection:
        try:
            connection.sendall(b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n" + head)
            answer = connection.recv(1000)
        except (ConnectionResetError, BrokenPipeError):
            answer = b""

    assert answer == b"" or answer.startswith(b"HTTP/1.1 431 ")
    assert vault.get("/health/live") == {"status": "alive"}


def test_an_ordinary_head_may_be_rather_large(vault: Vault) -> None:
    headers = {f"X-{number}": "y" * 1000 for number in range(20)}

    assert vault.http.get("/health/live", headers=headers).status_code == 200
