"""The health check of the API's container, against a real API."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.servers.process import ServerProcess, free_port
from tests.unit.deploy.compose_files import ROOT

CHECK = ROOT / "docker/backend/api-ready"


def api_ready(port: int, hosts: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(CHECK)],
        capture_output=True,
        text=True,
        timeout=30,
        env={
            "DOCUVAULT_SERVER__PORT": str(port),
            "DOCUVAULT_SERVER__TRUSTED_HOSTS": json.dumps(hosts),
        },
    )


@pytest.fixture(params=[[], ["vault.example.org"]], ids=str)
def hosts(request: pytest.FixtureRequest) -> list[str]:
    names: list[str] = request.param
    return names


@pytest.fixture
def port(tmp_path: Path, hosts: list[str], model_dir: Path) -> Iterator[int]:
    number = free_port()
    server = ServerProcess(
        [sys.executable, "-m", "docuvault", "serve"],
        log=tmp_path / "server.log",
        is_ready=lambda: "Application startup complete" in (tmp_path / "server.log").read_text(),
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT / "backend"),
            "DOCUVAULT_DATA_DIR": str(tmp_path / "data"),
            "DOCUVAULT_AI__MODEL_DIR": str(model_dir),
            "DOCUVAULT_SERVER__PORT": str(number),
            "DOCUVAULT_SERVER__TRUSTED_HOSTS": json.dumps(hosts),
        },
    )
    server.start(timeout=60)
    yield number
    server.stop()


def test_it_is_content_with_an_api_that_answers(port: int, hosts: list[str]) -> None:
    deadline = time.monotonic() + 20
    result = api_ready(port, hosts)
    while result.returncode != 0 and time.monotonic() < deadline:
        time.sleep(0.1)
        result = api_ready(port, hosts)
    assert result.returncode == 0, result.stderr


def test_it_complains_when_nothing_answers() -> None:
    result = api_ready(free_port(), [])
    assert result.returncode == 1
    assert result.stderr.startswith("not ready")
