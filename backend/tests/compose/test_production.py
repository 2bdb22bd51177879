"""The stack as it is delivered: healthy, locked down, two database roles, used with a browser."""

import subprocess
from pathlib import Path

import pytest

from tests.compose.browser import browse
from tests.compose.stack import Stack
from tests.unit.deploy.compose_files import services

SERVICES = services()
JOBS = {"migrate", "storage-init"}
# The image of the S3 server keeps its data as root, without any capability.
ROOT_WITHOUT_RIGHTS = {"minio"}
# The stand-in for PostgreSQL starts as root and steps down by itself (compose.lab.yml).
STEPS_DOWN = {"postgres"}


@pytest.fixture(autouse=True)
def _up(stack: Stack) -> None:
    stack.up()


def psql(stack: Stack, statement: str) -> subprocess.CompletedProcess[str]:
    """What PostgreSQL says to the application's role."""
    return stack.execute(
        "postgres",
        *("psql", "-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", "127.0.0.1"),
        *("-U", "docuvault_app", "-d", "docuvault", "-c", statement),
        PGPASSWORD=stack.env["POSTGRES_APP_PASSWORD"],
    )


def processes(stack: Stack, service: str) -> list[dict[str, str]]:
    """What the kernel says of each process in a container, without the engine's own init."""
    init = stack.containers()[service]["State"]["Pid"]
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            told = dict(
                line.split(":\t", 1) for line in (folder / "status").read_text().splitlines()
            )
            inside = (folder / "ns/pid").readlink() == Path(f"/proc/{init}/ns/pid").readlink()
        except OSError:
            continue
        if inside and told["Pid"] != str(init):
            found.append(told)
    return found


@pytest.mark.parametrize("service", sorted(SERVICES))
def test_every_container_is_read_only_and_without_capabilities(stack: Stack, service: str) -> None:
    host = stack.containers()[service]["HostConfig"]
    assert host["ReadonlyRootfs"] is True
    assert host["Privileged"] is False
    assert host["CapDrop"] == ["ALL"]
    assert service in STEPS_DOWN or not host["CapAdd"]
    assert host["SecurityOpt"] == ["no-new-privileges:true"]
    published = [port for ports in host["PortBindings"].values() for port in ports]
    assert {port["HostIp"] for port in published} <= {"127.0.0.1"}
    assert bool(published) == (service in {"backend", "frontend"})


@pytest.mark.parametrize("service", sorted(set(SERVICES) - JOBS))
def test_no_process_is_root_or_can_become_it(stack: Stack, service: str) -> None:
    running = processes(stack, service)
    assert running
    for process in running:
        assert int(process["CapEff"], 16) == 0, process["Name"]
        assert process["NoNewPrivs"] == "1"
        if service not in ROOT_WITHOUT_RIGHTS:
            assert process["Uid"].split()[1] != "0", process["Name"]
    refused = stack.execute(service, "touch", "/etc/mark")
    assert "Read-only file system" in refused.stdout


@pytest.mark.parametrize("job", sorted(JOBS))
def test_jobs_run_without_root(stack: Stack, job: str) -> None:
    assert stack.containers()[job]["Config"]["User"] == "10001:10001"


def test_all_tables_belong_to_the_role_of_the_migrations(stack: Stack) -> None:
    told = psql(stack, "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'public'")
    assert told.stdout.split() == ["docuvault_migrate"]
    assert psql(stack, "SELECT count(*) FROM documents").returncode == 0


@pytest.mark.parametrize(
    ("statement", "refusal"),
    [
        ("CREATE TABLE mine (id int)", "permission denied for schema public"),
        ("DROP TABLE documents", "must be owner of table documents"),
        ("ALTER TABLE documents ADD mine int", "must be owner of table documents"),
        ("TRUNCATE documents", "permission denied for table documents"),
        ("CREATE SCHEMA mine", "permission denied for database docuvault"),
        ("CREATE ROLE mine", "permission denied to create role"),
    ],
)
def test_the_role_of_the_application_changes_no_tables(
    stack: Stack, statement: str, refusal: str
) -> None:
    told = psql(stack, statement)
    assert told.returncode != 0
    assert refusal in told.stdout


def test_files_given_to_the_ui_are_ready_found_and_opened_in_a_browser(stack: Stack) -> None:
    browse(stack.base_url)


def test_everything_starts_in_order_and_becomes_healthy(stack: Stack) -> None:
    servers = set(SERVICES) - JOBS
    stack.wait_until(
        "all services are healthy",
        lambda: {stack.health(service) for service in servers} == {"healthy"},
    )
    assert {stack.health(job) for job in JOBS} == {"exited with 0"}
    assert set(stack.containers()) == set(SERVICES)
