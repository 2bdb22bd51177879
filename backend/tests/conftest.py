"""What all tests share: real servers, the prepared model, the product in both assemblies."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from docuvault.ai.model import prepare_model
from tests.assembly import Assembly, embedded, services
from tests.servers.postgres import PostgresServer, postgres_server
from tests.servers.s3 import S3Server, s3_server
from tests.servers.valkey import ValkeyServer, valkey_server
from tests.vault import Vault

ROOT = Path(__file__).parents[2]


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


@pytest.fixture(scope="session", params=["embedded", "services"])
def assembly(
    request: pytest.FixtureRequest, model_dir: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Assembly]:
    """The running product; the same tests see both assemblies."""
    start = {"embedded": embedded, "services": services}[request.param]
    with start(model_dir, tmp_path_factory.mktemp(request.param)) as running:
        yield running


@pytest.fixture
def vault(assembly: Assembly) -> Iterator[Vault]:
    """A client of the running product, on an empty vault."""
    with Vault(assembly.base_url) as client:
        client.empty()
        yield client
