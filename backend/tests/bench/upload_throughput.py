"""G2: how fast large files come in, and what memory that takes."""

from functools import partial
from pathlib import Path

from tests.assembly import embedded
from tests.bench.bare_upload import bare_upload_server
from tests.bench.findings import Finding, ratio_of
from tests.bench.rounds import compare
from tests.bench.upload_client import load
from tests.bench.workplace import Workplace, on_cores

_MB = 1_000_000
_GIB = 1 << 30
_UPLOADS = 16
_WANTED = 0.75
_GROWTH_MIB = 32
_GIANT_ROUNDS = 3


def measure(workplace: Workplace) -> list[Finding]:
    """10 MB on two connections, then one file of 1 GiB, and how much memory the latter took.

    The files are noise, whose processing ends with "nobody reads this type"; before it does, the
    original is fetched and hashed once more on the same core, while the next upload arrives. The
    bare server has its turn when all of that is done.
    """
    room = workplace.room("upload-throughput")
    bare_room = workplace.room("upload-throughput-bare")
    with on_cores(workplace.server_cores):
        product = embedded(workplace.model_dir, room, DOCUVAULT_UPLOADS__MAX_BYTES=str(2 * _GIB))
        vault = product.__enter__()
    try:
        pid = vault.processes["serve"].pid
        with bare_upload_server(workplace, bare_room) as bare:

            def rate(url: str, size: int, uploads: int, connections: int) -> float:
                return load(
                    workplace,
                    url,
                    size=size,
                    uploads=uploads,
                    connections=connections,
                    drain=url != bare,
                ).rate

            many = partial(rate, size=10 * _MB, uploads=_UPLOADS, connections=2)
            giant = partial(rate, size=_GIB, uploads=1, connections=1)
            steady = compare(lambda: many(vault.base_url), lambda: many(bare), workplace.rounds)
            before = _reset_peak(pid)
            large = compare(
                lambda: giant(vault.base_url),
                lambda: giant(bare),
                min(workplace.rounds, _GIANT_ROUNDS),
            )
            growth = (_peak(pid) - before) / 1024
    finally:
        product.__exit__(None, None, None)
    findings = [
        Finding(
            "G2",
            what,
            f"{found.ours:.0f} MB/s",
            f"{found.reference:.0f} MB/s",
            ratio_of(found),
            f">= {_WANTED:g}x",
            found.ratio >= _WANTED,
        )
        for what, found in (
            ("uploads of 10 MB on two connections", steady),
            ("one upload of 1 GiB", large),
        )
    ]
    return [
        *findings,
        Finding(
            "G2",
            "memory of the server that uploads of 1 GiB took (VmHWM)",
            f"{growth:.0f} MiB",
            f"{before / 1024:.0f} MiB before",
            "-",
            f"<= {_GROWTH_MIB} MiB",
            growth <= _GROWTH_MIB,
        ),
    ]


def _reset_peak(pid: int) -> int:
    """Let the kernel count the peak anew; resident memory now, in KiB."""
    Path(f"/proc/{pid}/clear_refs").write_text("5")
    return _peak(pid)


def _peak(pid: int) -> int:
    """Highest resident memory since the last reset, in KiB."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmHWM")).split()[1])
