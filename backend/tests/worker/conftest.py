"""A product of its own for tests that kill its processes and servers."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.assembly import Assembly, services
from tests.vault import Vault


@pytest.fixture(scope="package")
def product(model_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Assembly]:
    """API, worker and beat over real servers; nobody else leans on them."""
    with services(model_dir, tmp_path_factory.mktemp("worker")) as running:
        yield running


@pytest.fixture
def vault(product: Assembly) -> Iterator[Vault]:
    """A client of the running product, on an empty vault."""
    with Vault(product.base_url) as client:
        client.empty()
        yield client
