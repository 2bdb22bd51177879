"""The stack of docker-compose.yml in a copy of the sources: started, asked, changed, taken away."""

import contextlib
import json
import secrets
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from dotenv import dotenv_values

from tests.compose.lab import COMPOSE_V2, own_environment
from tests.servers.process import free_port
from tests.unit.deploy.compose_files import ROOT
from tests.vault import Vault

LAB = "docker/lab/compose.lab.yml"
DEVELOPMENT = "docker/compose.dev.yml"
AI_ON_HOST = "docker/compose.ai-host.yml"
PUBLIC_S3 = "docker/lab/compose.public-s3.yml"

_COPIED = (
    *("backend", "docker", "frontend", "requirements", "docker-compose.yml", "pyproject.toml"),
    *("Makefile", "README.md", "LICENSE", ".env.example", ".dockerignore"),
)
_LEFT_OUT = shutil.ignore_patterns(
    *("__pycache__", "node_modules", "dist", "test-results", "playwright-report", "*.tsbuildinfo")
)
_PORTS = (
    *("FRONTEND_PORT", "BACKEND_PORT", "POSTGRES_PORT", "MINIO_PORT", "MINIO_CONSOLE_PORT"),
    *("REDIS_PORT", "QDRANT_PORT"),
)
_LABEL = "com.docker.compose"


class Stack:
    """One Compose project with a name, ports and secrets of its own."""

    def __init__(self, folder: Path) -> None:
        self.tree = folder / "docuvault"
        self.project = f"docuvault-lab-{secrets.token_hex(3)}"
        self._running = False
        self._overlays: tuple[str, ...] = ()
        self._v2 = False
        self.tree.mkdir()
        for name in _COPIED:
            source = ROOT / name
            if source.is_dir():
                shutil.copytree(source, self.tree / name, ignore=_LEFT_OUT)
            else:
                shutil.copy2(source, self.tree / name)
        self._run(["make", "-s", "env"])

    def configure(self, images: Mapping[str, str]) -> None:
        """What differs from a new .env: the images, free ports, and one key for the S3 stand-in,
        which knows no users and wants names of 16 characters."""
        values = self.env
        self.write_env(
            {
                **values,
                **images,
                **{name: str(free_port()) for name in _PORTS},
                "MINIO_ROOT_USER": "docuvault-lab-owner",
                "MINIO_ACCESS_KEY": "docuvault-lab-owner",
                "MINIO_SECRET_KEY": values["MINIO_ROOT_PASSWORD"],
            }
        )

    @property
    def env(self) -> dict[str, str]:
        """What stands in .env."""
        return {name: value or "" for name, value in dotenv_values(self.tree / ".env").items()}

    def write_env(self, values: Mapping[str, str]) -> None:
        """Put these values into .env; they are in force for what is started from now on."""
        lines = [f"{name}={value}\n" for name, value in values.items()]
        (self.tree / ".env").write_text("".join(lines))

    @contextlib.contextmanager
    def changed(self, **values: str) -> Iterator[None]:
        """Other values in .env for a while."""
        before = self.env
        self.write_env({**before, **values})
        try:
            yield
        finally:
            self.write_env(before)

    @property
    def base_url(self) -> str:
        """Where the UI is; the API has the same origin."""
        return f"http://127.0.0.1:{self.env['FRONTEND_PORT']}"

    def vault(self) -> Vault:
        """A client of the API, to be closed."""
        return Vault(self.base_url)

    def up(self, *overlays: str, v2: bool | None = None) -> None:
        """Bring the stack into this state, unless it is in it, and wait until the UI is served.

        `v2` says which Compose does it; None leaves it to the one that did it last.
        """
        v2 = self._v2 if v2 is None else v2
        if self._running and (overlays, v2) == (self._overlays, self._v2):
            return
        # Development changes a network, which no Compose does under running containers.
        develops = DEVELOPMENT in self._overlays, DEVELOPMENT in overlays
        if self._running and (v2 != self._v2 or develops in ((False, True), (True, False))):
            self.down()
        self._running, self._overlays, self._v2 = True, overlays, v2
        self.compose("up", "-d")
        self.wait_until("the frontend is healthy", lambda: self.health("frontend") == "healthy")

    def down(self) -> None:
        """`down`: containers and networks go, data stays."""
        # No overlay has a service, network or volume of its own.
        self._run([*self._command((), self._v2), "down"])
        self._running = False

    def understands(self, *overlays: str, v2: bool) -> None:
        """Fail unless Compose of this version accepts all files together."""
        self._run([*self._command(overlays, v2), "config", "--quiet"])

    def compose(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run Compose on the files of this state."""
        return self._run([*self._command(self._overlays, self._v2), *arguments], check=check)

    def _command(self, overlays: Sequence[str], v2: bool) -> list[str]:
        files = [word for file in (LAB, *overlays) for word in ("-f", file)]
        command = ["docker-compose"]
        if v2:
            command = [
                *("docker", "run", "--rm", "--network", "host"),
                *("-v", "/var/run/docker.sock:/var/run/docker.sock"),
                *("-v", f"{self.tree}:{self.tree}:ro", "-w", str(self.tree), COMPOSE_V2),
            ]
        return [*command, "-p", self.project, "-f", "docker-compose.yml", *files]

    def host_address(self) -> str:
        """The address of this machine that containers know as host.docker.internal."""
        gateway = "{{(index .IPAM.Config 0).Gateway}}"
        return self._run(["docker", "network", "inspect", "bridge", "-f", gateway]).stdout.strip()

    def execute(
        self, service: str, *command: str, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in the container of a service; the environment is shown to nobody."""
        names = [word for name in environment for word in ("-e", name)]
        container = self.containers()[service]["Id"]
        return self._run(
            ["docker", "exec", *names, container, *command], check=False, **environment
        )

    def containers(self) -> dict[str, dict[str, Any]]:
        """What the engine knows of each service's container."""
        ids = self._ids("container", "--all")
        if not ids:
            return {}
        found = json.loads(self._run(["docker", "inspect", *ids]).stdout)
        return {each["Config"]["Labels"][f"{_LABEL}.service"]: each for each in found}

    def health(self, service: str) -> str:
        """`starting`, `healthy` or `unhealthy`; for a container that has ended, its exit code."""
        state = self.containers()[service]["State"]
        if not state["Running"]:
            return f"exited with {state['ExitCode']}"
        return str(state.get("Health", {}).get("Status", "running"))

    def wait_until(self, what: str, is_so: Callable[[], bool], seconds: float = 300) -> None:
        """Look again until it is so."""
        deadline = time.monotonic() + seconds
        while not is_so():
            assert time.monotonic() < deadline, f"waited {seconds:.0f} s in vain until {what}"
            time.sleep(0.25)

    def logs(self, lines: int) -> dict[str, str]:
        """The last lines of every container by service."""
        return {
            service: self._run(
                ["docker", "logs", "--tail", str(lines), container["Id"]], check=False
            ).stdout
            for service, container in sorted(self.containers().items())
        }

    def remove(self) -> None:
        """Take everything away, data too, whatever state it is in."""
        for kind, options in (("container", ["--all"]), ("network", []), ("volume", [])):
            ids = self._ids(kind, *options)
            force = ["--force", "--volumes"] if kind == "container" else []
            if ids:
                self._run(["docker", kind, "rm", *force, *ids])

    def _ids(self, kind: str, *options: str) -> list[str]:
        label = f"label={_LABEL}.project={self.project}"
        return self._run(["docker", kind, "ls", "-q", *options, "--filter", label]).stdout.split()

    def _run(
        self, command: list[str], *, check: bool = True, **environment: str
    ) -> subprocess.CompletedProcess[str]:
        result = subprocess.run(
            command,
            cwd=self.tree,
            env=own_environment(**environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            timeout=600,
        )
        assert not check or result.returncode == 0, f"{' '.join(command)}\n{result.stdout[-4000:]}"
        return result
