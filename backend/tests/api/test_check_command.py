"""`docuvault check` against the running product, and against servers that are not there."""

import json
import subprocess
from typing import Any

import pytest

from tests.assembly import Assembly, docuvault
from tests.recovery import wait_until
from tests.servers.process import free_port

PARTS = {
    "embedded": {"database", "storage", "worker"},
    "services": {"database", "storage", "redis", "qdrant", "worker"},
}


def run(
    assembly: Assembly, *arguments: str, **environment: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        docuvault("check", *arguments),
        env={**assembly.environment, **environment},
        cwd=assembly.folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def report(assembly: Assembly, *arguments: str, **environment: str) -> tuple[int, dict[str, Any]]:
    done = run(assembly, *arguments, "--json", **environment)
    return done.returncode, json.loads(done.stdout)


def test_all_is_well(assembly: Assembly) -> None:
    """The worker has done a canary or a document by now, or is about to."""
    wait_until(lambda: run(assembly, "worker").returncode == 0)

    code, found = report(assembly)

    assert (code, found["status"]) == (0, "healthy")
    assert {part["name"] for part in found["parts"]} == PARTS[assembly.name]
    assert {part["message"] for part in found["parts"]} == {"Works."}
    assert {part["remedy"] for part in found["parts"]} == {""}
    assert all(part["latency_ms"] > 0 for part in found["parts"])
    lines = run(assembly).stdout.splitlines()
    assert [line.split()[1] for line in lines] == ["healthy"] * len(lines)


@pytest.mark.parametrize("part", ["redis", "qdrant"])
def test_a_part_that_is_not_used_cannot_be_asked(embedded_assembly: Assembly, part: str) -> None:
    done = run(embedded_assembly, part)

    assert done.returncode == 78
    assert "configured" in done.stderr


def test_wrong_settings_are_told_apart_from_outages(embedded_assembly: Assembly) -> None:
    done = run(embedded_assembly, DOCUVAULT_SERVER__PORT="many")

    assert done.returncode == 78
    assert "Traceback" not in done.stderr


def test_a_vault_that_was_never_started(embedded_assembly: Assembly) -> None:
    """Nothing is made by looking."""
    folder = embedded_assembly.folder / "never"

    code, found = report(embedded_assembly, DOCUVAULT_DATA_DIR=str(folder))

    assert (code, found["status"]) == (69, "unhealthy")
    messages = {part["name"]: part["message"] for part in found["parts"]}
    assert messages["database"] == "There is no database in the data folder."
    assert not [*folder.glob("*.db")]
    assert not (folder / "objects").exists()


def wrong(assembly: Assembly, part: str) -> dict[str, str]:
    """Settings under which this part is not to be reached, with a password to be kept."""
    port = free_port()
    return {
        "redis": {"REDIS_URL": f"redis://:s3cret@127.0.0.1:{port}/0"},
        "qdrant": {"QDRANT_URL": f"http://127.0.0.1:{port}"},
        "database": {"DATABASE_URL": f"postgresql+psycopg://app:s3cret@127.0.0.1:{port}/vault"},
        "storage": {"MINIO_BUCKET": "another-bucket"},
    }[part]


@pytest.mark.services
@pytest.mark.parametrize("part", ["redis", "qdrant", "database", "storage"])
def test_a_part_that_is_away(services_assembly: Assembly, part: str) -> None:
    done = run(services_assembly, part, **wrong(services_assembly, part))

    assert done.returncode == 69
    [line] = done.stdout.splitlines()
    assert line.startswith(f"{part:<9} unhealthy")
    assert "correct" in line
    assert "s3cret" not in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.services
def test_one_part_that_is_away_does_not_hide_the_others(services_assembly: Assembly) -> None:
    code, found = report(services_assembly, **wrong(services_assembly, "database"))

    assert code == 69
    states = {part["name"]: part["status"] for part in found["parts"]}
    assert states == {
        "database": "unhealthy",
        "storage": "healthy",
        "redis": "healthy",
        "qdrant": "healthy",
        "worker": "degraded",
    }


@pytest.mark.services
def test_without_workers_something_works_with_less(fragile: Assembly) -> None:
    done = run(fragile, "worker")

    assert done.returncode == 1
    assert "No worker has answered yet" in done.stdout
    assert "docuvault worker" in done.stdout
