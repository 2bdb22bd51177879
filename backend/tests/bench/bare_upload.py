"""The bare limit of an upload: multipart, SHA-256 and a synced file on the fastest server we know.

Starlette's smallest application under uvicorn (httptools, uvloop): the body is parsed by
python-multipart as it arrives; the file part is hashed and written in the event loop itself,
synced once at its end. No rows, no type check, no answer but the hash.
"""

import hashlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.request import urlopen
from uuid import uuid4

import uvicorn
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from tests.bench.workplace import Workplace, on_cores
from tests.servers.process import ServerProcess, free_port


@contextmanager
def bare_upload_server(workplace: Workplace, folder: Path) -> Iterator[str]:
    """The address of a running bare server on the server's cores."""
    port = free_port()

    def answers() -> bool:
        try:
            with urlopen(f"http://127.0.0.1:{port}/", timeout=5) as response:
                return bool(response.status == 200)
        except OSError:
            return False

    server = ServerProcess(
        [sys.executable, "-m", "tests.bench.bare_upload", str(port), str(folder)],
        log=folder / "bare.log",
        is_ready=answers,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    with on_cores(workplace.server_cores):
        server.start()
    try:
        yield f"http://127.0.0.1:{port}"
    finally:
        server.stop()


class BareUpload:
    """Keeps what is posted in files of its folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        if request.method == "GET":
            await JSONResponse({})(scope, receive, send)
            return
        digest = hashlib.sha256()
        path = self._folder / uuid4().hex
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)

        def keep(data: bytes, start: int, end: int) -> None:
            part = memoryview(data)[start:end]
            digest.update(part)
            os.write(descriptor, part)

        _, options = parse_options_header(request.headers["content-type"])
        parser = MultipartParser(options[b"boundary"], {"on_part_data": keep})
        async for chunk in request.stream():
            parser.write(chunk)
        os.fsync(descriptor)
        os.close(descriptor)
        # What was measured is over; the disk is not what a long run should fill.
        answer = JSONResponse({"sha256": digest.hexdigest()}, status_code=201)
        await answer(scope, receive, send)
        path.unlink()


def main() -> None:
    """Serve until the end."""
    port, folder = int(sys.argv[1]), Path(sys.argv[2])
    uvicorn.run(
        BareUpload(folder),
        port=port,
        loop="uvloop",
        http="httptools",
        lifespan="off",
        access_log=False,
        log_level="warning",
    )


if __name__ == "__main__":
    main()
