"""One filled vault per assembly for all tests of the doctor."""

import shutil
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from docuvault.bootstrap.inspection import open_inspection
from tests.integrity.vaults import (
    Built,
    Patient,
    as_the_doctor_finds_them,
    build,
    embedded_settings,
    services_settings,
)
from tests.servers.postgres import PostgresServer
from tests.servers.qdrant import qdrant_server
from tests.servers.s3 import S3Server


@pytest.fixture(scope="package")
async def embedded_vault(model_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Built:
    """A filled vault on the embedded default."""
    return await build(embedded_settings(tmp_path_factory.mktemp("doctor") / "data", model_dir))


@pytest.fixture(scope="package")
async def services_vault(
    model_dir: Path,
    tmp_path_factory: pytest.TempPathFactory,
    postgres: PostgresServer,
    s3: S3Server,
) -> AsyncIterator[Built]:
    """A filled vault on PostgreSQL, S3 and the Qdrant wire server."""
    folder = tmp_path_factory.mktemp("doctor")
    with qdrant_server(folder / "qdrant", api_key="qdrant-test-key") as qdrant:
        yield await build(services_settings(folder / "data", model_dir, postgres, s3, qdrant))


@pytest.fixture(scope="package", params=["embedded", "services"])
def built(request: pytest.FixtureRequest) -> Built:
    """The filled vault of one assembly."""
    vault: Built = request.getfixturevalue(f"{request.param}_vault")
    return vault


@pytest.fixture(scope="package")
async def patient(built: Built, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Patient]:
    """The vault under inspection, as if it were being worked on."""
    # Others on this machine have temporary files, too.
    workspaces = tmp_path_factory.mktemp("workspaces")
    async with open_inspection(as_the_doctor_finds_them(built.settings)) as inspection:
        yield Patient(built, replace(inspection, is_worked_on=True, workspaces=workspaces))


@pytest.fixture
def folder(embedded_vault: Built, tmp_path: Path) -> Path:
    """A copy of the filled vault below this folder."""
    shutil.copytree(embedded_vault.settings.data_dir, tmp_path / "data")
    return tmp_path
