"""A product over servers that tests may take away; whoever takes one away brings it back."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.assembly import Assembly, services
from tests.vault import Vault

ADMIN_TOKEN = "canary-admin-token-7Qx"
WEBHOOK_SECRET = "canary-webhook-secret-9Zt"
DOWNSTREAM_PASSWORD = "canary-downstream-4Kp"


@pytest.fixture(scope="session")
def fragile(model_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assembly]:
    """Without worker and beat, and with every secret that the product knows."""
    with services(
        model_dir,
        tmp_path_factory.mktemp("fragile"),
        processing=False,
        DOCUVAULT_ADMIN_TOKEN=ADMIN_TOKEN,
        DOCUVAULT_HEALTH__WEBHOOK_SECRET=WEBHOOK_SECRET,
        DOCUVAULT_HEALTH__CANARY_SECONDS="0.2",
        DOCUVAULT_HEALTH__DOWNSTREAM=(
            f'{{"mail": "http://postmaster:{DOWNSTREAM_PASSWORD}@127.0.0.1:9/"}}'
        ),
        DOCUVAULT_QDRANT__TIMEOUT="1",
        DOCUVAULT_QDRANT__RETRY_SECONDS="1",
        DOCUVAULT_REDIS__RETRY_SECONDS="1",
        DOCUVAULT_REDIS__SOCKET_TIMEOUT="1",
    ) as running:
        yield running


@pytest.fixture
def fragile_vault(fragile: Assembly) -> Iterator[Vault]:
    """A client of it."""
    with Vault(fragile.base_url) as client:
        yield client
