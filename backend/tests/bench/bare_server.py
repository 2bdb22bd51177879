"""Starts a bare endpoint in a process of its own, and serves it as the product serves itself."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.error import URLError
from urllib.request import urlopen

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from tests.bench.workplace import Workplace, pin
from tests.conftest import ROOT
from tests.servers.process import ServerProcess, free_port


@contextmanager
def bare_server(workplace: Workplace, module: str, *arguments: str) -> Iterator[str]:
    """The address of `tests.bench.<module>`, which runs with the arguments on the server's core."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"

    def answers() -> bool:
        try:
            with urlopen(f"{url}/ready", timeout=5):
                return True
        except (URLError, ConnectionError):
            return False

    process = ServerProcess(
        [sys.executable, "-m", f"tests.bench.{module}", str(port), *arguments],
        log=workplace.folder / f"{module}-{port}.log",
        is_ready=answers,
        env={"PYTHONPATH": str(ROOT / "backend"), "OMP_NUM_THREADS": "1"},
    )
    process.start()
    try:
        pin(process.pid, workplace.server_cores)
        yield url
    finally:
        process.stop()


def serve(application: Starlette, port: int) -> None:
    """uvicorn with the loop and parser that the product uses, and no log."""

    async def ready(_request: Request) -> Response:
        return PlainTextResponse("ready")

    application.routes.append(Route("/ready", ready))
    uvicorn.run(
        application,
        port=port,
        loop="uvloop",
        http="httptools",
        access_log=False,
        log_level="warning",
    )
