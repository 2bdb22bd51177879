"""G18: how much memory the product takes, idle and after work, against the bare pieces.

The figures are proportional set sizes: pages that several processes share are counted in parts.
"""

import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from statistics import median

from tests.assembly import Assembly, embedded, services
from tests.bench.filled import filled, queries
from tests.bench.findings import Finding
from tests.bench.workplace import Workplace
from tests.conftest import ROOT
from tests.recovery import children_of, texts, upload
from tests.vault import Vault

EMPTY_MB = 300
FILLED_MB = 550
API_MB = 140
GROWTH = 0.10
# Three tenths of what the goal says, after as many that count as warming up.
INGESTS = 300
_WARMING = 100
# Of the twelve shapes by turns; more would take longer than they add.
_SEARCHES = 200
# What finds the small documents by their words.
_QUERIES = ("wool and weather", "a report about weather", '"line 3" wool', "report -wool")
_SETTLE_SECONDS = 3.0
_SAMPLES = 5


def measure(workplace: Workplace) -> Iterator[Finding]:
    """Embedded: empty, used, after many documents, filled; and the API of the full assembly."""
    room = workplace.room("memory")
    bare = _bare(workplace, room)
    yield from _growing(workplace, room, bare)
    yield _filled(workplace)
    yield _api(workplace, room)


def _growing(workplace: Workplace, room: Path, bare: float) -> Iterator[Finding]:
    asked = [*_QUERIES, *queries(workplace.model_dir)[:_SEARCHES]]
    with embedded(workplace.model_dir, room) as assembly, Vault(assembly.base_url) as vault:
        yield _at_most("embedded, empty, idle, model not loaded yet", _of(assembly), bare, EMPTY_MB)
        _use(vault, "first", _WARMING, asked)
        used = _of(assembly)
        yield _at_most(
            f"embedded, idle after {_WARMING} documents and {len(asked)} searches",
            used,
            bare,
            EMPTY_MB,
        )
        _use(vault, "more", INGESTS, asked)
        after = _of(assembly)
        yield Finding(
            goal="G18",
            what=f"growth by {INGESTS} more documents",
            ours=f"{after:.0f} MB",
            reference=f"{used:.0f} MB before",
            ratio=f"{after / used:.2f}",
            target=f"≤ {1 + GROWTH:.2f}",
            met=after <= used * (1 + GROWTH),
        )


def _filled(workplace: Workplace) -> Finding:
    """The vault of 100,000 chunks; searches first, since an idle start touches little of it."""
    folder = filled(workplace)
    bare = _bare(workplace, folder / "data" / "vectors")
    with embedded(workplace.model_dir, folder) as assembly, Vault(assembly.base_url) as vault:
        _search(vault, queries(workplace.model_dir)[:_SEARCHES])
        return _at_most(
            f"embedded, 100,000 chunks, after {_SEARCHES} searches",
            _of(assembly),
            bare,
            FILLED_MB,
        )


def _api(workplace: Workplace, room: Path) -> Finding:
    folder = room / "services"
    folder.mkdir()
    with services(workplace.model_dir, folder, processing=False) as assembly:
        ours = _of(assembly)
        return Finding(
            goal="G18",
            what="API over services, idle, models not loaded",
            ours=f"{ours:.0f} MB",
            reference="-",
            ratio="-",
            target=f"≤ {API_MB} MB",
            met=ours <= API_MB,
        )


def _at_most(what: str, ours: float, bare: float, wanted: float) -> Finding:
    return Finding(
        goal="G18",
        what=what,
        ours=f"{ours:.0f} MB",
        reference=f"{bare:.0f} MB",
        ratio=f"{ours / bare:.2f}",
        target=f"≤ {wanted} MB",
        met=ours <= wanted,
    )


def _use(vault: Vault, label: str, documents: int, asked: Sequence[str]) -> None:
    """Have so many small documents read and indexed, then search."""
    for document_id in upload(vault, texts(label, documents)):
        vault.wait(document_id, timeout=600)
    _search(vault, asked)


def _search(vault: Vault, asked: Sequence[str]) -> None:
    for query in asked:
        vault.search(query)


def _of(assembly: Assembly) -> float:
    """Megabytes of the serving process with all that it has started, once it rests."""
    time.sleep(_SETTLE_SECONDS)
    return median(_megabytes(assembly.processes["serve"].pid) for _ in range(_SAMPLES))


def _megabytes(pid: int) -> float:
    """Proportional set size of a process and its children."""
    kibibytes = 0
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            kibibytes = int(line.split()[1])
    return kibibytes * 1024 / 1_000_000 + sum(_megabytes(child) for child in children_of(pid))


def _bare(workplace: Workplace, shard_dir: Path) -> float:
    """Megabytes of the bare pieces in one process: imports, model, and the shard if any."""
    with _bare_pieces(workplace, shard_dir) as pid:
        return _megabytes(pid)


@contextmanager
def _bare_pieces(workplace: Workplace, shard_dir: Path) -> Iterator[int]:
    command = [sys.executable, "-m", "tests.bench.bare_memory", workplace.model_dir, shard_dir]
    with subprocess.Popen(
        list(map(str, command)),
        cwd=ROOT / "backend",
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        if not process.stdout.readline().startswith(b"ready"):
            raise RuntimeError("The bare pieces did not load.")
        yield process.pid
        process.terminate()
