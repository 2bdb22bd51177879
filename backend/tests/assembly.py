"""The product as people run it, in both assemblies: real processes over real servers."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.request import urlopen

from tests.servers.postgres import PostgresServer, postgres_server
from tests.servers.process import ServerProcess, free_port
from tests.servers.qdrant import QdrantServer, qdrant_server
from tests.servers.s3 import S3Server, s3_server
from tests.servers.valkey import ValkeyServer, valkey_server

# Recovery in seconds rather than minutes, so that tests see it happen.
QUICK: Mapping[str, str] = {
    "DOCUVAULT_QUEUE__LEASE_SECONDS": "3",
    "DOCUVAULT_QUEUE__HEARTBEAT_SECONDS": "1",
    "DOCUVAULT_QUEUE__SWEEP_SECONDS": "1",
    "DOCUVAULT_QUEUE__BACKOFF_SECONDS": "0.5",
    "DOCUVAULT_LOG__FORMAT": "json",
}


@dataclass(slots=True)
class Services:
    """The servers under the full assembly."""

    postgres: PostgresServer
    valkey: ValkeyServer
    s3: S3Server
    qdrant: QdrantServer


@dataclass(slots=True)
class Assembly:
    """A running product: its address, its processes by name, and its environment."""

    name: str
    base_url: str
    folder: Path
    environment: dict[str, str]
    processes: dict[str, ServerProcess] = field(default_factory=dict)
    services: Services | None = None

    def log(self, name: str) -> str:
        """What a process has written so far."""
        return (self.folder / f"{name}.log").read_text(errors="replace")


def docuvault(*arguments: str) -> list[str]:
    """The command line of the product."""
    return [sys.executable, "-m", "docuvault", *arguments]


def environment_of(model_dir: Path, folder: Path, port: int, **more: str) -> dict[str, str]:
    """A clean environment: nothing of the developer's own settings reaches the product."""
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return {
        **kept,
        **QUICK,
        "DOCUVAULT_DATA_DIR": str(folder / "data"),
        "DOCUVAULT_AI__MODEL_DIR": str(model_dir),
        "DOCUVAULT_SERVER__PORT": str(port),
        **more,
    }


@contextmanager
def embedded(model_dir: Path, folder: Path, **more: str) -> Iterator[Assembly]:
    """One process on the embedded default."""
    port = free_port()
    environment = environment_of(model_dir, folder, port, **more)
    assembly = Assembly("embedded", f"http://127.0.0.1:{port}", folder, environment)
    with ExitStack() as stack:
        _start(stack, assembly, "serve", _answers(assembly))
        yield assembly


@contextmanager
def services(model_dir: Path, folder: Path, **more: str) -> Iterator[Assembly]:
    """API, Celery worker and beat over PostgreSQL, Valkey, S3 and the Qdrant wire server."""
    port = free_port()
    with ExitStack() as stack:
        under = Services(
            postgres=stack.enter_context(postgres_server()),
            valkey=stack.enter_context(valkey_server()),
            s3=stack.enter_context(s3_server()),
            qdrant=stack.enter_context(qdrant_server(folder / "qdrant", api_key="qdrant-test-key")),
        )
        environment = environment_of(
            model_dir,
            folder,
            port,
            DOCUVAULT_QUEUE__DRIVER="celery",
            DOCUVAULT_STORAGE__DRIVER="minio",
            DATABASE_URL=under.postgres.create_database("docuvault"),
            MINIO_ENDPOINT=under.s3.endpoint,
            MINIO_ACCESS_KEY=under.s3.access_key,
            MINIO_SECRET_KEY=under.s3.secret_key,
            MINIO_BUCKET=under.s3.bucket,
            REDIS_URL=under.valkey.url,
            QDRANT_URL=under.qdrant.url,
            QDRANT_API_KEY="qdrant-test-key",
            SECRET_KEY="0123456789abcdef" * 4,
            **more,
        )
        assembly = Assembly(
            "services", f"http://127.0.0.1:{port}", folder, environment, services=under
        )
        run_once(assembly, "db", "upgrade")
        run_once(assembly, "storage", "init")
        _start(stack, assembly, "serve", _answers(assembly))
        _start(stack, assembly, "worker", lambda: "ready." in assembly.log("worker"))
        _start(stack, assembly, "beat", lambda: "beat: Starting" in assembly.log("beat"))
        yield assembly


def run_once(assembly: Assembly, *arguments: str) -> None:
    """Run a command of the product to its end; its failure is the test's."""
    subprocess.run(
        docuvault(*arguments),
        check=True,
        env=assembly.environment,
        cwd=assembly.folder,
        stdout=subprocess.DEVNULL,
    )


def _start(stack: ExitStack, assembly: Assembly, name: str, is_ready: Callable[[], bool]) -> None:
    process = ServerProcess(
        docuvault(name),
        log=assembly.folder / f"{name}.log",
        is_ready=is_ready,
        env=assembly.environment,
    )
    process.start(timeout=60)
    stack.callback(process.stop)
    assembly.processes[name] = process


def _answers(assembly: Assembly) -> Callable[[], bool]:
    def answers() -> bool:
        try:
            with urlopen(f"{assembly.base_url}/health/ready", timeout=5) as response:
                return bool(response.status == 200)
        except OSError:
            return False

    return answers
