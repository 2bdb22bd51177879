"""`docuvault doctor` as a supervisor would run it: beside the services, or on a stopped vault."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from tests.assembly import Assembly, docuvault


def examine(assembly: Assembly) -> list[str]:
    """What the doctor finds; the embedded vault is stopped for it and started again.

    A vault that does not stop when it is asked to is a finding too.
    """
    found = []
    with _at_rest(assembly) as stopped:
        answer = subprocess.run(
            docuvault("doctor"),
            env=assembly.environment,
            cwd=assembly.folder,
            capture_output=True,
            text=True,
            timeout=600,
            check=False,
        )
    if not stopped:
        found.append("serve did not end when it was asked to, and had to be killed")
    if answer.returncode:
        found.append(f"doctor ends with {answer.returncode}:\n{answer.stdout}{answer.stderr}")
    return found


@contextmanager
def _at_rest(assembly: Assembly) -> Iterator[bool]:
    """Gives whether the vault ended by itself where it had to be stopped."""
    if assembly.name != "embedded":
        yield True
        return
    server = assembly.processes["serve"]
    yield server.stop()
    server.start(timeout=120)
