"""A server that does not end when it is asked to is told from one that does."""

import sys
from pathlib import Path

import pytest

from tests.servers.process import ServerProcess

_PROGRAM = """
import signal, sys
from pathlib import Path
signal.signal(signal.SIGTERM, signal.SIG_IGN if sys.argv[1] == "deaf" else signal.SIG_DFL)
Path("ready").touch()
while True:
    signal.pause()
"""


@pytest.mark.parametrize(("manner", "ends"), [("polite", True), ("deaf", False)])
def test_stop_tells_whether_the_server_ended_by_itself(
    tmp_path: Path, manner: str, ends: bool
) -> None:
    server = ServerProcess(
        [sys.executable, "-c", _PROGRAM, manner],
        log=tmp_path / "server.log",
        is_ready=(tmp_path / "ready").exists,
    )
    server.start()

    # A deaf one is waited for in vain; a polite one needs less even on a busy machine.
    assert server.stop(timeout=10 if ends else 0.2) is ends
    assert not server.is_running()
