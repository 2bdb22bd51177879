"""Redis is away or hangs, and with it the memory of keys; uploads go on, and so do the workers."""

import time

import pytest

from tests.faults.lab import Lab, Witness
from tests.recovery import texts
from tests.servers.proxy import Fault
from tests.vault import Vault

pytestmark = pytest.mark.services


@pytest.mark.parametrize("how", ["down", "hanging"])
def test_without_the_memory_of_keys_the_bytes_decide(
    lab: Lab, vault: Vault, witness: Witness, how: str
) -> None:
    if how == "down":
        lab.redis.down()
    else:
        lab.redis.fault = Fault(drop_replies=True)
    key = {"Idempotency-Key": f"a key while Redis is {how}"}
    content = f"a report about wool while Redis is {how}".encode()

    first = witness.upload("kept.txt", content, **key)
    started = time.monotonic()
    again = witness.upload("kept.txt", content, **key)
    took = time.monotonic() - started

    assert first.status_code == 201, first.text
    assert (again.status_code, again.json()["duplicate"]) == (200, True)
    assert took < 3, "who comes later does not wait for what was away a moment ago"
    assert vault.get("/api/documents")["total"] == 1
    lab.redis.heal()
    witness.keep(texts("after", 1))
    witness.expect_whole()
