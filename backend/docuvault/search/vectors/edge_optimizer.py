"""Builds the graph index of a copied shard in a process of its own.

The engine keeps Python's interpreter lock during every call and `optimize` takes up to minutes,
so in the serving process it would stop every request. This file is run as a script and imports
nothing of the house.
"""

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
from pathlib import Path

_NICENESS = 10
_PR_SET_PDEATHSIG = 1


async def optimize_shard(shard: Path, stop: asyncio.Event) -> bool:
    """Optimize the shard at `shard`, which nobody else has open.

    False when that failed or `stop` was set; OSError when no process can be started.
    """
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        "-P",
        __file__,
        str(shard),
        str(os.getpid()),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    stopped = asyncio.create_task(stop.wait())
    ended = asyncio.create_task(child.wait())
    try:
        await asyncio.wait({stopped, ended}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopped.cancel()
        if child.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                child.kill()
    return await ended == 0


def _die_with(parent: int) -> None:
    # A child that outlived a killed server would go on writing into a folder that is swept.
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        sys.exit(1)


def main(shard: str, parent: int) -> None:
    """Load, optimize and close the shard."""
    from qdrant_edge import EdgeShard

    _die_with(parent)
    os.nice(_NICENESS)
    loaded = EdgeShard.load(shard)
    loaded.optimize()
    loaded.flush()
    loaded.close()


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
