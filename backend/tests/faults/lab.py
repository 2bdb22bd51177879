"""The product over servers, with an API that reaches each of them through a line that can fail."""

import hashlib
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from tests.assembly import Assembly, Services, docuvault, services
from tests.loops.ledger import Kept, Ledger, violations
from tests.recovery import wait_until
from tests.servers.process import ServerProcess, free_port
from tests.servers.proxy import Proxy, proxy_to
from tests.vault import Vault

# Short patience, so that a fault is over in seconds; a pool that a test can use up.
HASTY = {
    "DOCUVAULT_STORAGE__CONNECT_TIMEOUT": "2",
    "DOCUVAULT_STORAGE__READ_TIMEOUT": "2",
    "DOCUVAULT_DATABASE__POOL_SIZE": "4",
    "DOCUVAULT_DATABASE__MAX_OVERFLOW": "0",
    "DOCUVAULT_DATABASE__POOL_TIMEOUT": "1",
    "DOCUVAULT_QDRANT__TIMEOUT": "1",
    "DOCUVAULT_QDRANT__RETRY_SECONDS": "1",
    "DOCUVAULT_REDIS__RETRY_SECONDS": "1",
    "DOCUVAULT_QUEUE__INDEX_CHECK_SECONDS": "1",
}


@dataclass(slots=True)
class Lab:
    """Workers and servers as ever; `api` runs behind the four lines."""

    assembly: Assembly
    api: ServerProcess
    database: Proxy
    storage: Proxy
    redis: Proxy
    qdrant: Proxy

    @property
    def under(self) -> Services:
        """The servers themselves."""
        assert self.assembly.services is not None
        return self.assembly.services

    def heal(self) -> None:
        """All lines are whole again."""
        for line in (self.database, self.storage, self.redis, self.qdrant):
            line.heal()

    def log(self) -> str:
        """What the API has written so far."""
        return self.assembly.log("faulty")


@contextmanager
def open_lab(model_dir: Path, folder: Path) -> Iterator[Lab]:
    """Start everything; the API of the assembly itself gives way to the one behind the lines."""
    with ExitStack() as stack:
        assembly = stack.enter_context(
            services(model_dir, folder, workers=1, processing=True, **HASTY)
        )
        assembly.processes["serve"].stop()
        under = assembly.services
        assert under is not None
        lines = [
            stack.enter_context(proxy_to(port))
            for port in (under.postgres.port, under.s3.port, under.valkey.port, under.qdrant.port)
        ]
        database, storage, redis, qdrant = lines
        port = free_port()
        environment = {
            **assembly.environment,
            "DATABASE_URL": _behind(assembly, "DATABASE_URL", under.postgres.port, database),
            "MINIO_ENDPOINT": f"127.0.0.1:{storage.port}",
            "REDIS_URL": _behind(assembly, "REDIS_URL", under.valkey.port, redis),
            "QDRANT_URL": f"http://127.0.0.1:{qdrant.port}",
            "DOCUVAULT_SERVER__PORT": str(port),
        }
        base_url = f"http://127.0.0.1:{port}"
        api = ServerProcess(
            docuvault("serve"),
            log=folder / "faulty.log",
            is_ready=lambda: _answers(base_url),
            env=environment,
        )
        stack.callback(api.stop)
        api.start(timeout=60)
        running = replace(assembly, base_url=base_url)
        running.processes = {**assembly.processes, "serve": api}
        yield Lab(running, api, *lines)


def _behind(assembly: Assembly, name: str, port: int, line: Proxy) -> str:
    return assembly.environment[name].replace(f":{port}/", f":{line.port}/")


def _answers(base_url: str) -> bool:
    try:
        with urlopen(f"{base_url}/health/ready", timeout=5) as response:
            return bool(response.status == 200)
    except OSError:
        return False


class Witness:
    """Notes outside of the product what was acknowledged, and holds the vault to it."""

    def __init__(self, vault: Vault, path: Path) -> None:
        self.vault = vault
        self.ledger = Ledger(path)
        self.files: dict[str, bytes] = {}

    def upload(self, name: str, content: bytes, **headers: str) -> Any:
        """Send one file and note what was answered; the answer as it is."""
        sha256 = hashlib.sha256(content).hexdigest()
        self.files[sha256] = content
        number = self.ledger.request(name=name, sha256=sha256, size=len(content), word="")
        answer = self.vault.http.post(
            "/api/documents/upload", files={"file": (name, content)}, headers=headers
        )
        document_id = answer.json()["document"]["id"] if answer.is_success else None
        # Refusals are what these tests are about; only acknowledgements are held against it.
        if document_id is not None:
            self.ledger.answer(number, sha256, answer.status_code, document_id)
        return answer

    def keep(self, files: Mapping[str, bytes]) -> None:
        """Upload all; every one must be accepted as new."""
        for name, content in files.items():
            answer = self.upload(name, content)
            assert answer.status_code == 201, answer.text

    def expect_whole(self, timeout: float = 60) -> None:
        """Everything acknowledged is there once, ready, byte for byte, and nothing else is."""
        listed = self.vault.get("/api/documents", per_page=200)
        for item in listed["items"]:
            assert self.vault.wait(item["id"], timeout)["status"] == "ready"
            answer = self.vault.http.get(f"/api/documents/{item['id']}/file")
            assert answer.content == self.files[item["sha256"]]
        kept = [Kept(item["id"], item["sha256"], item["size_bytes"]) for item in listed["items"]]
        assert violations(self.ledger, kept, listed["total"]) == []


def examine(assembly: Assembly) -> None:
    """The doctor finds nothing, and finds all that it looks for."""
    answer = subprocess.run(
        docuvault("doctor"),
        env=assembly.environment,
        cwd=assembly.folder,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert answer.returncode == 0, f"{answer.returncode}: {answer.stdout}{answer.stderr}"


def expect_problem(answer: Any, status: int, code: str) -> None:
    """The answer is this problem, in problem details, with a time to come again where it helps."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["code"] == code
    assert body["detail"]
    if status in (503, 507):
        assert int(answer.headers["retry-after"]) > 0


def wait_ready(base_url: str, timeout: float = 30) -> None:
    """Wait until the API says that it is ready."""
    wait_until(lambda: _answers(base_url), timeout)
