"""`docker/make-env`: a private file with good secrets, and never over an old one unasked."""

import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from dotenv import dotenv_values

from tests.unit.deploy.compose_files import COMPOSE, ROOT, put_in

SECRETS = {
    "POSTGRES_PASSWORD",
    "POSTGRES_MIGRATE_PASSWORD",
    "POSTGRES_APP_PASSWORD",
    "MINIO_ROOT_PASSWORD",
    "MINIO_SECRET_KEY",
    "REDIS_PASSWORD",
    "QDRANT_API_KEY",
    "DOCUVAULT_ADMIN_TOKEN",
    "DOCUVAULT_SECRET_KEY",
}


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "docker").mkdir()
    shutil.copy(ROOT / "docker/make-env", tmp_path / "docker/make-env")
    shutil.copy(ROOT / ".env.example", tmp_path / ".env.example")
    return tmp_path


def make_env(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(project / "docker/make-env"), *arguments],
        capture_output=True,
        text=True,
        timeout=30,
    )


def test_it_writes_a_private_file_with_different_secrets(project: Path) -> None:
    result = make_env(project)
    assert result.returncode == 0, result.stderr
    written = project / ".env"
    assert stat.S_IMODE(written.stat().st_mode) == 0o600
    values = dotenv_values(written)
    secrets = [values[name] or "" for name in sorted(SECRETS)]
    assert all(re.fullmatch(r"[0-9a-f]{40,64}", secret) for secret in secrets)
    assert len(set(secrets)) == len(secrets)
    assert re.fullmatch(r"[0-9a-f]{64}", values["DOCUVAULT_SECRET_KEY"] or "")
    assert not any(secret in result.stdout + result.stderr for secret in secrets)


def test_compose_needs_nothing_else(project: Path) -> None:
    make_env(project)
    given = {name: value or "" for name, value in dotenv_values(project / ".env").items()}
    assert "${" not in put_in(COMPOSE.read_text(), given)


def test_the_example_has_no_secret(project: Path) -> None:
    example = dotenv_values(project / ".env.example")
    assert {name for name, value in example.items() if not value} == SECRETS
    assert set(example) - SECRETS == {"MINIO_ROOT_USER", "MINIO_ACCESS_KEY"}


def test_it_refuses_to_overwrite(project: Path) -> None:
    (project / ".env").write_text("MINE=1\n")
    result = make_env(project)
    assert result.returncode == 1
    assert "--force" in result.stderr
    assert (project / ".env").read_text() == "MINE=1\n"


def test_force_keeps_the_old_file(project: Path) -> None:
    (project / ".env").write_text("MINE=1\n")
    result = make_env(project, "--force")
    assert result.returncode == 0, result.stderr
    assert "POSTGRES_PASSWORD=" in (project / ".env").read_text()
    assert stat.S_IMODE((project / ".env").stat().st_mode) == 0o600
    assert (project / ".env.old").read_text() == "MINE=1\n"
    assert stat.S_IMODE((project / ".env.old").stat().st_mode) == 0o600
