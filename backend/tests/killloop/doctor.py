"""`docuvault doctor` as a supervisor would run it: beside the services, or on a stopped vault."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from tests.assembly import Assembly, docuvault


def examine(assembly: Assembly) -> list[str]:
    """What the doctor finds; the embedded vault is stopped for it and started again."""
    with _at_rest(assembly):
        answer = subprocess.run(
            docuvault("doctor"),
            env=assembly.environment,
            cwd=assembly.folder,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
    if answer.returncode == 0:
        return []
    return [f"doctor ends with {answer.returncode}:\n{answer.stdout}{answer.stderr}"]


@contextmanager
def _at_rest(assembly: Assembly) -> Iterator[None]:
    if assembly.name != "embedded":
        yield
        return
    server = assembly.processes["serve"]
    server.stop()
    yield
    server.start(timeout=120)
