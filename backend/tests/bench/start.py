"""G19: how soon the product answers after it was started, against the bare pieces of a server."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from itertools import count
from pathlib import Path

from tests.assembly import docuvault, environment_of
from tests.bench.filled import DOCUMENTS, filled
from tests.bench.findings import Finding, ratio_of
from tests.bench.rounds import Comparison, compare
from tests.bench.workplace import Workplace, on_cores
from tests.servers.process import free_port

WANTED = 3.0
CAP_SECONDS = 3.0
_PATIENCE = 60.0
_PAUSE = 0.002
_BACKEND = Path(__file__).parents[2]
_REQUEST = b"GET /health/live HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
# What any command needs: a command line, settings, a log.
_BARE_COMMAND = "import typer, pydantic_settings, structlog"


def measure(workplace: Workplace) -> list[Finding]:
    """A vault full of documents, a vault that is made, and a small command."""
    room = workplace.room("start")
    model = workplace.model_dir
    numbers = count()
    full = filled(workplace)

    def used() -> float:
        return _answering_after(workplace, docuvault("serve"), model, full)

    def fresh() -> float:
        return _answering_after(workplace, docuvault("serve"), model, room / f"{next(numbers)}")

    def bare() -> float:
        return _answering_after(
            workplace, [sys.executable, "-m", "tests.bench.bare_start"], model, room, port_last=True
        )

    environment = environment_of(model, full, 0)
    return [
        _finding(
            f"start of a vault of {DOCUMENTS:,} documents", compare(used, bare, workplace.rounds)
        ),
        _finding("first start, tables made", compare(fresh, bare, workplace.rounds)),
        _finding(
            "`docuvault config`, against its bare imports",
            compare(
                lambda: _ending_after(workplace, docuvault("config"), environment),
                lambda: _ending_after(
                    workplace, [sys.executable, "-c", _BARE_COMMAND], environment
                ),
                workplace.rounds,
            ),
        ),
    ]


def _finding(what: str, compared: Comparison) -> Finding:
    return Finding(
        goal="G19",
        what=what,
        ours=f"{compared.ours:.2f} s",
        reference=f"{compared.reference:.2f} s",
        ratio=ratio_of(compared),
        target=f"≤ {WANTED:.0f}x, ≤ {CAP_SECONDS:.0f} s",
        met=compared.ratio <= WANTED and compared.ours <= CAP_SECONDS,
    )


def _answering_after(
    workplace: Workplace,
    command: Sequence[str],
    model: Path,
    folder: Path,
    *,
    port_last: bool = False,
) -> float:
    """Seconds from the start of the process to its first answer that says 200."""
    folder.mkdir(exist_ok=True)
    port = free_port()
    environment = environment_of(model, folder, port) | {"PYTHONPATH": str(_BACKEND)}
    others = workplace.client_cores
    started = time.perf_counter()
    with (
        (folder / "log").open("ab") as log,
        on_cores(workplace.server_cores),
        subprocess.Popen(
            [*command, str(port)] if port_last else command,
            env=environment,
            cwd=folder,
            stdout=log,
            stderr=log,
        ) as process,
    ):
        os.sched_setaffinity(0, others)
        try:
            while not _answers(port):
                if process.poll() is not None or time.perf_counter() - started > _PATIENCE:
                    said = (folder / "log").read_text(errors="replace")[-2000:]
                    raise RuntimeError(f"The server did not answer:\n{said}")
                time.sleep(_PAUSE)
            return time.perf_counter() - started
        finally:
            process.terminate()


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(_REQUEST)
            return connection.recv(64).split(b" ")[1:2] == [b"200"]
    except OSError:
        return False


def _ending_after(
    workplace: Workplace, command: Sequence[str], environment: Mapping[str, str]
) -> float:
    """Seconds that a command takes."""
    with on_cores(workplace.server_cores):
        started = time.perf_counter()
        subprocess.run(
            command, check=True, env=environment, cwd=workplace.folder, stdout=subprocess.DEVNULL
        )
        return time.perf_counter() - started
