"""The compose files: complete, closed to the outside, and made of settings that exist."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml  # type: ignore[import-untyped]

from docuvault.api.origin import _LOOPBACK
from docuvault.config.loader import ALIASES, setting_names
from tests.unit.deploy.compose_files import (
    APPLICATION,
    COMPOSE,
    OURS,
    OVERLAYS,
    ROOT,
    VARIABLE,
    environment_of,
    put_in,
    services,
)

ALL = services()
# Fixed by the images (docker/backend.Dockerfile) or meant for the embedded mode only.
NOT_PASSED_ON = {
    "DOCUVAULT_DEBUG",
    "DOCUVAULT_REDIS__ALLOW_FAKE",
    "DOCUVAULT_DATA_DIR",
    "DOCUVAULT_SERVER__HOST",
    "DOCUVAULT_SERVER__PORT",
    "DOCUVAULT_SERVER__WEB_DIR",
    "DOCUVAULT_DATABASE__MIGRATE_URL",
    "DOCUVAULT_STORAGE__RESERVE_BYTES",
    "DOCUVAULT_QDRANT__OPTIMIZE_ABOVE",
    "DOCUVAULT_AI__MODEL_DIR",
}
IMAGE_VARIABLES = {
    "postgres": {
        "POSTGRES_DB",
        "POSTGRES_PASSWORD",
        "POSTGRES_INITDB_ARGS",
        # read by docker/postgres/initdb.d/01-roles.sh
        "POSTGRES_MIGRATE_PASSWORD",
        "POSTGRES_APP_PASSWORD",
    },
    "minio": {"HOME", "MC_CONFIG_DIR", "MINIO_ROOT_USER", "MINIO_ROOT_PASSWORD"},
    "redis": {"REDISCLI_AUTH"},
    "qdrant": {
        "QDRANT__SERVICE__API_KEY",
        "QDRANT__STORAGE__SNAPSHOTS_PATH",
        "QDRANT__TELEMETRY_DISABLED",
        "QDRANT_INIT_FILE_PATH",
    },
    # read by docker/backend/storage-init
    "storage-init": {"MINIO_ROOT_USER", "MINIO_ROOT_PASSWORD"},
    # read by frontend/vite.config.ts; npm wants a home
    "frontend": {"API_ORIGIN", "HOME"},
}
PYTHON_VARIABLES = {"PYTHONPATH"}
SECRETS = {
    name: f"{name.lower()}-0123456789abcdef0123456789abcdef"
    for name in (
        "POSTGRES_PASSWORD",
        "POSTGRES_MIGRATE_PASSWORD",
        "POSTGRES_APP_PASSWORD",
        "MINIO_ROOT_PASSWORD",
        "MINIO_SECRET_KEY",
        "REDIS_PASSWORD",
        "QDRANT_API_KEY",
        "DOCUVAULT_SECRET_KEY",
    )
}


def holders(name: str) -> set[str]:
    """The services that are given a variable."""
    return {service for service, body in ALL.items() if name in body.get("environment", {})}


def docuvault_config(environment: dict[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    """`docuvault config` with nothing in its environment but the given."""
    return subprocess.run(
        [sys.executable, "-m", "docuvault", "config"],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "backend"), **environment},
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
    )


@pytest.mark.parametrize("path", [COMPOSE, *OVERLAYS], ids=lambda path: path.name)
def test_every_name_is_a_setting_or_a_variable_of_the_image(path: Path) -> None:
    known = {*setting_names(), *ALIASES}
    for name, body in services(path).items():
        allowed = IMAGE_VARIABLES.get(name, set()) | (known if name in OURS else set())
        given = set(body.get("environment", {})) - (PYTHON_VARIABLES if name in OURS else set())
        assert given <= allowed, (name, given - allowed)


def test_every_setting_can_be_changed_and_reaches_api_and_workers_alike() -> None:
    passed_on = {name: ALL[name]["environment"] for name in APPLICATION}
    assert set(setting_names()) - set(passed_on["backend"]) == NOT_PASSED_ON
    assert passed_on["backend"] == passed_on["celery-worker"] == passed_on["celery-beat"]


def test_a_setting_of_env_reaches_the_container_and_a_missing_one_does_not() -> None:
    given = {**SECRETS, "DOCUVAULT_UPLOADS__MAX_BYTES": "5"}
    environment = environment_of(ALL["celery-worker"], given)
    assert environment["DOCUVAULT_UPLOADS__MAX_BYTES"] == "5"
    assert "DOCUVAULT_UPLOADS__MAX_PARTS" not in environment


@pytest.mark.parametrize("name", sorted(OURS))
def test_the_settings_of_each_service_can_be_used_in_production(name: str, tmp_path: Path) -> None:
    environment = environment_of(ALL[name], SECRETS)
    assert environment["DOCUVAULT_ENV"] == "production"
    result = docuvault_config({**environment, "DOCUVAULT_DATA_DIR": str(tmp_path)}, tmp_path)
    assert result.returncode == 0, result.stderr
    if name in APPLICATION:
        assert result.stdout == (
            "Environment production: PostgreSQL, minio storage, a Qdrant server,"
            " celery queue, local classifier.\n"
        )


@pytest.mark.parametrize("name", sorted(SECRETS))
def test_a_missing_secret_stops_compose(name: str) -> None:
    with pytest.raises(KeyError, match=name):
        put_in(COMPOSE.read_text(), {key: SECRETS[key] for key in SECRETS if key != name})


def test_a_whole_address_of_ones_own_wins(tmp_path: Path) -> None:
    own = "postgresql+psycopg://docuvault_app:changeme@elsewhere/docuvault"
    environment = environment_of(ALL["backend"], {**SECRETS, "DOCUVAULT_DATABASE__URL": own})
    result = docuvault_config({**environment, "DOCUVAULT_DATA_DIR": str(tmp_path)}, tmp_path)
    # It is in force: its password is one that production refuses.
    assert result.returncode == 78
    assert "DATABASE_URL" in result.stderr


def test_only_migrations_hold_the_role_that_changes_tables() -> None:
    held = "POSTGRES_MIGRATE_PASSWORD"
    using = {name for name, body in ALL.items() if held in str(body.get("environment"))}
    assert using == {"postgres", "migrate"}
    assert holders("DATABASE_MIGRATE_URL") == {"migrate"}
    assert holders("DOCUVAULT_DATABASE__MIGRATE_URL") == {"migrate"}
    assert ALL["migrate"]["command"] == ["docuvault", "db", "upgrade"]
    assert "DATABASE_URL" not in ALL["migrate"]["environment"]


def test_only_the_set_up_job_holds_the_root_key_of_object_storage() -> None:
    assert holders("MINIO_ROOT_PASSWORD") == {"minio", "storage-init"}
    assert holders("POSTGRES_PASSWORD") == {"postgres"}


@pytest.mark.parametrize("path", [COMPOSE, *OVERLAYS], ids=lambda path: path.name)
def test_published_ports_are_for_this_machine_only(path: Path) -> None:
    ports = [port for body in services(path).values() for port in body.get("ports", [])]
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_only_api_and_ui_publish_ports() -> None:
    assert {name for name, body in ALL.items() if body.get("ports")} == {"backend", "frontend"}


@pytest.mark.parametrize("name", sorted(ALL))
def test_every_service_is_locked_down(name: str) -> None:
    body = ALL[name]
    assert body["read_only"] is True
    assert body["init"] is True
    assert body["cap_drop"] == ["ALL"]
    assert "cap_add" not in body
    assert body["security_opt"] == ["no-new-privileges:true"]
    assert body["restart"] == ("no" if name in ("migrate", "storage-init") else "unless-stopped")
    assert "privileged" not in body
    assert not any("docker.sock" in str(volume) for volume in body.get("volumes", []))


@pytest.mark.parametrize("name", sorted(ALL))
def test_every_image_is_pinned_and_can_be_replaced(name: str) -> None:
    match = VARIABLE.fullmatch(ALL[name]["image"])
    assert match is not None
    assert match["name"].endswith("_IMAGE")
    assert re.fullmatch(r"[a-z0-9./-]+:[\w.-]*\d[\w.-]*", match["text"]), match["text"]


def test_starting_waits_for_what_is_needed() -> None:
    for name in APPLICATION:
        conditions = {on: rule["condition"] for on, rule in ALL[name]["depends_on"].items()}
        assert conditions == {
            "migrate": "service_completed_successfully",
            "storage-init": "service_completed_successfully",
            "postgres": "service_healthy",
            "minio": "service_healthy",
            "redis": "service_healthy",
            "qdrant": "service_healthy",
        }
    assert ALL["frontend"]["depends_on"] == {"backend": {"condition": "service_healthy"}}
    # The image of the backend brings its own check, which the jobs must not inherit.
    for name in set(ALL) - {"backend", "frontend"}:
        assert "healthcheck" in ALL[name]


def test_api_and_workers_reach_an_ai_server_on_the_host() -> None:
    for name in ("backend", "celery-worker"):
        assert ALL[name]["extra_hosts"] == ["host.docker.internal:host-gateway"]
        assert "web" in ALL[name]["networks"]


def test_the_api_answers_to_names_of_this_machine_unless_told_otherwise() -> None:
    name = "DOCUVAULT_SERVER__TRUSTED_HOSTS"
    usual = environment_of(ALL["backend"], SECRETS)[name]
    assert json.loads(usual) == [*_LOOPBACK]
    own = '["vault.example.org"]'
    assert environment_of(ALL["backend"], {**SECRETS, name: own})[name] == own


def test_redis_never_forgets_a_message() -> None:
    command: list[str] = ALL["redis"]["command"]
    assert command[0] == "redis-server"
    options = dict(zip(command[1::2], command[2::2], strict=True))
    assert options["--requirepass"].startswith("${REDIS_PASSWORD:?")
    assert options["--appendonly"] == "yes"
    assert options["--maxmemory-policy"] == "noeviction"


def test_data_is_kept_in_volumes_where_the_servers_write() -> None:
    declared: dict[str, Any] = yaml.safe_load(COMPOSE.read_text())["volumes"]
    used = {
        volume.split(":")[0]: volume.split(":")[1]
        for body in ALL.values()
        for volume in body.get("volumes", [])
        if not volume.startswith(".")
    }
    assert used == {
        "postgres_data": "/var/lib/postgresql",
        "minio_data": "/data",
        "redis_data": "/data",
        "qdrant_data": "/qdrant/storage",
    }
    assert set(declared) == set(used)


@pytest.mark.parametrize("path", [COMPOSE, *OVERLAYS], ids=lambda path: path.name)
def test_docker_compose_1_29_understands_the_files(path: Path) -> None:
    text = path.read_text()
    keys = [key for key in yaml.safe_load(text) if not key.startswith("x-")]
    assert set(keys) <= {"services", "networks", "volumes"}
    assert text.count("${") == len(VARIABLE.findall(text))
