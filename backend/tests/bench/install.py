"""G24: how much disk the product takes with all that it needs at run time."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

from tests.bench.findings import Finding
from tests.bench.workplace import Workplace
from tests.conftest import ROOT

WANTED_MB = 750
LARGEST = 10
_UV = ROOT / ".venv" / "bin" / "uv"
_LOCK = ROOT / "requirements" / "runtime.txt"
_UNWANTED = ("torch", "transformers")


def measure(workplace: Workplace) -> list[Finding]:
    """A fresh environment from the lock, byte code included, beside the size of the model."""
    venv = workplace.room("install") / "venv"
    _uv("venv", "--quiet", "--python", sys.executable, str(venv))
    _uv(
        *("pip", "install", "--quiet", "--python", str(venv / "bin" / "python")),
        *("--no-deps", "--require-hashes", "--compile-bytecode", "-r", str(_LOCK)),
    )
    (packages,) = venv.glob("lib/python*/site-packages")
    sizes = Counter({entry.name: _megabytes(entry) for entry in packages.iterdir()})
    total = _megabytes(venv)
    unwanted = [name for name in _UNWANTED if (packages / name).exists()]
    largest = ", ".join(f"{name} {size:.0f}" for name, size in sizes.most_common(LARGEST))
    return [
        Finding(
            goal="G24",
            what="install, all packages with byte code",
            ours=f"{total:.0f} MB",
            reference="-",
            ratio="-",
            target=f"≤ {WANTED_MB} MB, no torch",
            met=total <= WANTED_MB and not unwanted,
            note=f"MB of the largest: {largest}; the prepared model takes "
            f"{_megabytes(workplace.model_dir):.0f} beside it",
        )
    ]


def _uv(*arguments: str) -> None:
    # What the machine has to say about indexes and certificates is in the environment.
    done = subprocess.run([str(_UV), *arguments], env=dict(os.environ), cwd=ROOT)
    if done.returncode:
        raise RuntimeError("The packages could not be installed; is the package index in reach?")


def _megabytes(path: Path) -> float:
    """Disk blocks below a path, hard links counted once, as `du` does."""
    blocks: dict[tuple[int, int], int] = {}
    for found in (path, *path.rglob("*")):
        status = found.lstat()
        blocks[status.st_dev, status.st_ino] = status.st_blocks
    return sum(blocks.values()) * 512 / 1_000_000
