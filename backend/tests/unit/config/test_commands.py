"""The commands refuse settings that are not safe: one sentence, an exit code, no traceback."""

import os
import subprocess
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.assembly import docuvault

SECRET = "tr0ub4dor-and-3"
SERVICES = {
    "DOCUVAULT_ENV": "production",
    "DOCUVAULT_QUEUE__DRIVER": "celery",
    "DOCUVAULT_STORAGE__DRIVER": "minio",
    "DATABASE_URL": f"postgresql+psycopg://app:{SECRET}@127.0.0.1:1/docuvault",
    "REDIS_URL": f"redis://:{SECRET}@127.0.0.1:1/0",
    "QDRANT_URL": "http://127.0.0.1:1",
    "QDRANT_API_KEY": SECRET,
    "MINIO_SECRET_KEY": SECRET,
    "SECRET_KEY": "0123456789abcdef" * 4,
}
# Name of the case: the command, what is wrong with the settings, and what the sentence names.
CASES: dict[str, tuple[tuple[str, ...], dict[str, str], str]] = {
    "serve without a secret": (
        ("serve",),
        {"DOCUVAULT_ENV": "production"},
        "DOCUVAULT_SECRET_KEY",
    ),
    "serve on services without a secret": (
        ("serve",),
        {**SERVICES, "SECRET_KEY": ""},
        "DOCUVAULT_SECRET_KEY",
    ),
    "worker with the default key of the storage": (
        ("worker",),
        {**SERVICES, "MINIO_SECRET_KEY": "changeme"},
        "MINIO_SECRET_KEY",
    ),
    "worker without a password of Redis": (
        ("worker",),
        {**SERVICES, "REDIS_URL": "redis://127.0.0.1:1/0"},
        "REDIS_URL",
    ),
    "beat without the key of Qdrant": (
        ("beat",),
        {**SERVICES, "QDRANT_API_KEY": ""},
        "QDRANT_API_KEY",
    ),
    "migration with a default password": (
        ("db", "upgrade"),
        {**SERVICES, "DATABASE_URL": "postgresql+psycopg://app:changeme@127.0.0.1:1/x"},
        "DATABASE_URL",
    ),
    "worker of the embedded product": (("worker",), {}, "DOCUVAULT_QUEUE__DRIVER=celery"),
    "a list that is not JSON": (
        ("config",),
        {"DOCUVAULT_SERVER__TRUSTED_HOSTS": f"['{SECRET}']"},
        "JSON",
    ),
}


@pytest.fixture(scope="module")
def runs(
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, "Future[subprocess.CompletedProcess[str]]"]:
    """All cases, a few at the same time, since a command takes seconds to load."""
    folder: Path = tmp_path_factory.mktemp("commands")

    def run(case: str) -> subprocess.CompletedProcess[str]:
        command, settings, _ = CASES[case]
        kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        return subprocess.run(
            docuvault(*command),
            env={**kept, "DOCUVAULT_DATA_DIR": str(folder / "data"), **settings},
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    with ThreadPoolExecutor(3) as pool:
        return {case: pool.submit(run, case) for case in CASES}


@pytest.mark.parametrize("case", CASES)
def test_what_is_not_safe_is_refused_in_one_sentence(
    runs: dict[str, "Future[subprocess.CompletedProcess[str]]"], case: str
) -> None:
    done = runs[case].result()

    assert done.returncode == 78
    assert done.stdout == ""
    [sentence] = done.stderr.splitlines()
    assert sentence.startswith("DocuVault cannot start: ")
    assert CASES[case][2] in sentence
    assert SECRET not in sentence
