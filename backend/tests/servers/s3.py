"""A real S3 server over HTTP; it keeps objects in memory and does not check signatures."""

import shutil
import sys
import tempfile
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.servers.process import ServerProcess, free_port

_SERVE = """
import sys, threading
from moto.server import ThreadedMotoServer
ThreadedMotoServer("127.0.0.1", int(sys.argv[1]), verbose=False).start()
threading.Event().wait()
"""


class S3Server(ServerProcess):
    """One server; the port stays the same over restarts, the objects do not."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.endpoint = f"127.0.0.1:{self.port}"
        self.access_key = "docuvault-test-key"
        self.secret_key = "docuvault-test-secret"
        self.bucket = "originals"
        super().__init__(
            [sys.executable, "-c", _SERVE, str(self.port)],
            log=folder / "server.log",
            is_ready=self._answers,
        )

    @property
    def url(self) -> str:
        """Address of the server."""
        return f"http://{self.endpoint}"

    def start(self, timeout: float = 30.0) -> None:
        """Start the server and make its bucket."""
        super().start(timeout)
        self.create_bucket(self.bucket)

    def create_bucket(self, name: str) -> None:
        """Make one more bucket."""
        request = urllib.request.Request(f"{self.url}/{name}", method="PUT")
        with urllib.request.urlopen(request, timeout=10):
            pass

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/moto-api/", timeout=5) as response:
                return bool(response.status == 200)
        except (urllib.error.URLError, OSError):
            return False


@contextmanager
def s3_server() -> Iterator[S3Server]:
    """A running server with one empty bucket."""
    folder = Path(tempfile.mkdtemp(prefix="s3-"))
    server = S3Server(folder)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)
