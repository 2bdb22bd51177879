"""The images of the stack: stand-ins for base images, and the project's own, built on them.

All names begin with `docuvault-lab/`, so nothing that a registry gave is ever replaced. Stand-ins
are made once and kept; the project's images are built every time, out of the engine's cache.
"""

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from tests.unit.deploy.compose_files import COMPOSE, OVERLAYS, ROOT, VARIABLE

LOGS = ROOT / "build" / "compose-test"
PREFIX = "docuvault-lab/"
COMPOSE_V2 = f"{PREFIX}compose-v2"
# What the script calls the stand-in behind a variable of the compose file.
STAND_INS = {
    "PYTHON_IMAGE": "python",
    "NODE_IMAGE": "node",
    "NGINX_IMAGE": "nginx",
    "POSTGRES_IMAGE": "postgres",
    "MINIO_IMAGE": "s3",
    "REDIS_IMAGE": "redis",
}


def image_names() -> dict[str, str]:
    """A name of our own for every image that the compose files name, by variable."""
    text = "".join(path.read_text() for path in (COMPOSE, *OVERLAYS))
    found = {match["name"]: match["text"] for match in VARIABLE.finditer(text)}
    return {name: PREFIX + image for name, image in found.items() if name.endswith("_IMAGE")}


class Lab:
    """Makes images with the script and with Docker; what they say goes to a log file."""

    def __init__(self, script: Path, tree: Path) -> None:
        self.images = image_names()
        self._script = script
        self._tree = tree
        self._log = LOGS / "images.log"

    def prepare(self) -> None:
        """Make all images, as many at the same time as do not wait for another."""
        self._log.write_bytes(b"")
        images = self.images
        with ThreadPoolExecutor(len(STAND_INS) + 3) as pool:
            made = {name: pool.submit(self._stand_in, name) for name in STAND_INS}

            def backend() -> None:
                _wait(made, "PYTHON_IMAGE")
                self._build("backend")
                self._docker_build(
                    "docker/lab/qdrant.Dockerfile",
                    images["QDRANT_IMAGE"],
                    "backend",
                    BACKEND_IMAGE=images["BACKEND_IMAGE"],
                )

            def frontend() -> None:
                _wait(made, "NODE_IMAGE", "NGINX_IMAGE")
                self._build("frontend")
                self._build("frontend", "-f", "docker/compose.dev.yml")

            def compose_v2() -> None:
                _wait(made, "PYTHON_IMAGE")
                if not self._is_there(COMPOSE_V2):
                    base = {"BASE_IMAGE": images["PYTHON_IMAGE"]}
                    self._docker_build(
                        "docker/lab/compose-v2.Dockerfile", COMPOSE_V2, "docker/lab", **base
                    )

            for future in [pool.submit(job) for job in (backend, frontend, compose_v2)]:
                future.result()
            _wait(made, *STAND_INS)

    def _stand_in(self, variable: str) -> None:
        if not self._is_there(self.images[variable]):
            self._run([str(self._script), STAND_INS[variable], self.images[variable]])

    def _build(self, service: str, *files: str) -> None:
        base = ["docker-compose", "-f", "docker-compose.yml", "-f", "docker/lab/compose.build.yml"]
        self._run([*base, *files, "build", service])

    def _docker_build(self, file: str, image: str, context: str, **arguments: str) -> None:
        given = [word for item in arguments.items() for word in ("--build-arg", "=".join(item))]
        self._run(
            ["docker", "build", "--network", "host", "-f", file, "-t", image, *given, context]
        )

    def _is_there(self, image: str) -> bool:
        return (
            subprocess.run(["docker", "image", "inspect", image], capture_output=True).returncode
            == 0
        )

    def _run(self, command: Sequence[str]) -> None:
        begun = time.monotonic()
        result = subprocess.run(
            command,
            cwd=self._tree,
            env=own_environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        took = f"$ {' '.join(command)}  # {time.monotonic() - begun:.0f} s\n"
        with self._log.open("a") as log:
            log.write(f"{took}{result.stdout}\n")
        assert result.returncode == 0, f"{took}{result.stdout[-3000:]}"


def own_environment(**more: str) -> dict[str, str]:
    """What a command needs of this shell, and no variable that Compose would prefer to .env."""
    kept = {"PATH", "HOME", "LANG", "DOCKER_HOST"}
    return {name: value for name, value in os.environ.items() if name in kept} | more


def _wait(made: Mapping[str, Future[None]], *names: str) -> None:
    for name in names:
        made[name].result()
