"""The machine that figures were taken on, and the versions of what was measured."""

import os
import platform
import re
from importlib.metadata import version
from pathlib import Path

_PIECES = (
    "fastapi",
    "uvicorn",
    "sqlalchemy",
    "psycopg",
    "pysqlite3",
    "qdrant-edge-py",
    "onnxruntime",
    "pypdfium2",
    "celery",
)


def machine() -> str:
    """Cores, processor, memory, system and Python in one line."""
    cpu = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{len(os.sched_getaffinity(0))} cores of {cpu[1] if cpu else platform.machine()}, "
        f"{memory:.0f} GiB, Linux {platform.release().split('-')[0]}, "
        f"Python {platform.python_version()}"
    )


def pieces() -> str:
    """The versions that matter."""
    return ", ".join(f"{name} {version(name)}" for name in _PIECES)
