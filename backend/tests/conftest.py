"""What all tests share: real servers, the prepared model, the product in both assemblies."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from docuvault.ai.model import prepare_model
from tests.assembly import Assembly, embedded, services
from tests.distribution import ByProduct, place_in_line
from tests.servers.postgres import PostgresServer, postgres_server
from tests.servers.s3 import S3Server, s3_server
from tests.servers.valkey import ValkeyServer, valkey_server
from tests.vault import Vault

ROOT = Path(__file__).parents[2]


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> ByProduct:
    """Which process runs which tests; asked only where there are several."""
    return ByProduct(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long tests first."""
    items.sort(key=lambda item: place_in_line(item.nodeid))


def prepared_model() -> Path:
    """The prepared local model; made on first use, kept for later runs."""
    folder = Path(os.environ.get("DOCUVAULT_AI__MODEL_DIR", ROOT / "build" / "model"))
    prepare_model(folder)
    return folder


@pytest.fixture(scope="session")
def model_dir() -> Path:
    """The folder of the prepared local model."""
    return prepared_model()


@pytest.fixture(scope="session")
def s3() -> Iterator[S3Server]:
    """A shared S3 server; tests make buckets of their own or empty the shared one."""
    with s3_server() as server:
        yield server


@pytest.fixture(scope="session")
def valkey() -> Iterator[ValkeyServer]:
    """A shared Valkey server; tests that stop it start one of their own."""
    with valkey_server() as server:
        yield server


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A shared PostgreSQL server; tests make databases of their own."""
    with postgres_server() as server:
        yield server


@pytest.fixture(scope="session")
def embedded_assembly(
    model_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Assembly]:
    """The embedded product, started once for all tests of this run that use it."""
    with embedded(model_dir, tmp_path_factory.mktemp("embedded")) as running:
        yield running


@pytest.fixture(scope="session")
def services_assembly(
    model_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Assembly]:
    """The product over servers, started once for all tests of this run that use it."""
    with services(model_dir, tmp_path_factory.mktemp("services")) as running:
        yield running


@pytest.fixture(scope="session", params=["embedded", "services"])
def assembly(request: pytest.FixtureRequest) -> Assembly:
    """The running product; the same tests see both assemblies."""
    running: Assembly = request.getfixturevalue(f"{request.param}_assembly")
    return running


@pytest.fixture
def vault(assembly: Assembly) -> Iterator[Vault]:
    """A client of the running product, on an empty vault."""
    with Vault(assembly.base_url) as client:
        client.empty()
        yield client
