"""An embedded product of its own for tests that kill it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.assembly import Assembly, embedded
from tests.vault import Vault


@pytest.fixture(scope="package")
def product(model_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assembly]:
    """One process with everything in it, in a folder of an odd name."""
    folder = tmp_path_factory.mktemp("embedded") / "a 100% ödd folder"
    folder.mkdir()
    with embedded(
        model_dir,
        folder,
        DOCUVAULT_UPLOADS__INTENT_HOURS=str(8 / 3600),
        DOCUVAULT_QUEUE__INDEX_CHECK_SECONDS="1",
    ) as running:
        yield running


@pytest.fixture
def vault(product: Assembly) -> Iterator[Vault]:
    """A client of the running product, on an empty vault."""
    with Vault(product.base_url) as client:
        client.empty()
        yield client
