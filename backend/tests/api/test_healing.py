"""Damage is noticed, told, and healed by uploading the good file again."""

from pathlib import Path

import httpx2
import pytest

from tests.assembly import Assembly
from tests.vault import Vault

CONTENT = b"These words were right when they were uploaded.\n" * 50


def flip_a_byte(assembly: Assembly) -> None:
    """Let one byte of every stored object rot."""
    objects = [
        path
        for path in Path(assembly.environment["DOCUVAULT_DATA_DIR"], "objects").rglob("*.txt")
        if path.is_file()
    ]
    assert objects
    for path in objects:
        data = bytearray(path.read_bytes())
        data[100] ^= 1
        path.write_bytes(data)


# The bytes of the embedded assembly lie in files that a test can reach.
@pytest.mark.parametrize("assembly", ["embedded"], indirect=True)
def test_the_good_file_again_heals_a_rotten_one(assembly: Assembly, vault: Vault) -> None:
    document = vault.keep("words.txt", CONTENT)
    url = f"/api/documents/{document['id']}"
    flip_a_byte(assembly)
    with pytest.raises(httpx2.RemoteProtocolError):
        vault.http.get(f"{url}/file")

    again = vault.upload("words.txt", CONTENT)

    assert (again.status_code, again.json()["duplicate"]) == (200, True)
    assert vault.http.get(f"{url}/file").content == CONTENT
