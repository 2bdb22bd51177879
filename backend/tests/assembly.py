"""The product as people run it, in both assemblies: real processes over real servers."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from functools import partial
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
    "DOCUVAULT_QUEUE__STANDIN_SECONDS": "2",
    "DOCUVAULT_FALLBACK__DECIDE_SECONDS": "1",
    "DOCUVAULT_FALLBACK__RECOVER_SECONDS": "1",
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
        # Not the system's: what others left there is nobody's business here.
        "TMPDIR": str(folder),
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
        _start(stack, assembly, {"serve": _answers(assembly)})
        yield assembly


@contextmanager
def services(
    model_dir: Path, folder: Path, *, processing: bool = True, workers: int = 1, **more: str
) -> Iterator[Assembly]:
    """API, Celery worker and beat over PostgreSQL, Valkey, S3 and the Qdrant wire server.

    Without `processing` there is neither worker nor beat; further workers are `worker-2` and on.
    """
    port = free_port()
    with ExitStack() as stack:
        under = _servers(stack, folder)
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
        with ThreadPoolExecutor() as pool:
            tables = pool.submit(run_once, assembly, "db", "upgrade")
            bucket = pool.submit(run_once, assembly, "storage", "init")
        for prepared in (tables, bucket):
            prepared.result()
        signs = {"serve": _answers(assembly)}
        if processing:
            for name in ["worker", *(f"worker-{number}" for number in range(2, workers + 1))]:
                signs[name] = partial(_has_written, assembly, name, "ready.")
            signs["beat"] = lambda: "beat: Starting" in assembly.log("beat")
        _start(stack, assembly, signs)
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


def _servers(stack: ExitStack, folder: Path) -> Services:
    """The four servers, started side by side."""
    with ThreadPoolExecutor() as pool:
        postgres = pool.submit(stack.enter_context, postgres_server())
        valkey = pool.submit(stack.enter_context, valkey_server())
        s3 = pool.submit(stack.enter_context, s3_server())
        qdrant = pool.submit(
            stack.enter_context, qdrant_server(folder / "qdrant", api_key="qdrant-test-key")
        )
    return Services(postgres.result(), valkey.result(), s3.result(), qdrant.result())


def _start(
    stack: ExitStack, assembly: Assembly, processes: Mapping[str, Callable[[], bool]]
) -> None:
    """Start processes of the product side by side; each is there when its sign is."""
    for name, is_ready in processes.items():
        process = ServerProcess(
            docuvault(name.partition("-")[0]),
            log=assembly.folder / f"{name}.log",
            is_ready=is_ready,
            env=assembly.environment,
        )
        stack.callback(process.stop)
        assembly.processes[name] = process
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda name: assembly.processes[name].start(timeout=120), processes))


def _has_written(assembly: Assembly, name: str, sign: str) -> bool:
    return sign in assembly.log(name)


def _answers(assembly: Assembly) -> Callable[[], bool]:
    def answers() -> bool:
        try:
            with urlopen(f"{assembly.base_url}/health/ready", timeout=5) as response:
                return bool(response.status == 200)
        except OSError:
            return False

    return answers
