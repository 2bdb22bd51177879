"""Reads a folder of files through the product and prints what became of each.

Run as `python -m tests.corpus FOLDER` (`make corpus CORPUS=folder`). Every file is uploaded to a
fresh vault on the embedded default; the table shows type, pages, characters, seconds and code.
"""

import hashlib
import sys
import tempfile
import time
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.assembly import embedded
from tests.conftest import prepared_model
from tests.vault import TERMINAL, Vault

_SKIPPED = frozenset({"MANIFEST.tsv", "README.md"})


def files_below(folder: Path) -> list[Path]:
    """The files to read, in a stable order."""
    return sorted(
        path for path in folder.rglob("*") if path.is_file() and path.name not in _SKIPPED
    )


def read_all(vault: Vault, folder: Path) -> list[tuple[Path, dict[str, Any]]]:
    """Upload everything, wait for the end of all work, and check the stored bytes."""
    uploaded = []
    for path in files_below(folder):
        answer = vault.upload(path.name, path.read_bytes())
        assert answer.status_code in {200, 201}, f"{path.name}: {answer.text}"
        uploaded.append((path, answer.json()["document"]["id"]))
    found = [(path, vault.wait(document_id, timeout=600)) for path, document_id in uploaded]
    for path, document in found:
        assert document["status"] in TERMINAL
        stored = vault.http.get(f"/api/documents/{document['id']}/file").content
        assert hashlib.sha256(stored).hexdigest() == document["sha256"], path.name
        assert stored == path.read_bytes(), path.name
    return found


def code_of(document: dict[str, Any]) -> str:
    """The code that the document ended with; `ready` when all is well."""
    return "ready" if document["status"] == "ready" else str(document["error"]["code"])


def seconds_of(document: dict[str, Any]) -> float:
    """Time that the stages took, without the waiting in between."""
    return sum(
        (
            datetime.fromisoformat(stage["finished_at"])
            - datetime.fromisoformat(stage["started_at"])
        ).total_seconds()
        for stage in document["stages"]
        if stage["started_at"] and stage["finished_at"]
    )


def main() -> None:
    """Print the table."""
    if len(sys.argv) != 2 or not Path(sys.argv[1]).is_dir():
        sys.exit("Name a folder: make corpus CORPUS=folder")
    folder = Path(sys.argv[1])
    started = time.monotonic()
    with (
        tempfile.TemporaryDirectory(prefix="docuvault-corpus-") as data,
        embedded(prepared_model(), Path(data)) as assembly,
        Vault(assembly.base_url) as vault,
    ):
        found = read_all(vault, folder)
    print(f"{'file':<52} {'type':<28} {'pages':>5} {'chars':>8} {'sec':>6}  code")
    for path, document in found:
        kind = document["media_type"].rsplit("/", 1)[-1][-28:]
        print(
            f"{str(path.relative_to(folder))[:52]:<52} {kind:<28}"
            f" {document['page_count'] or '-':>5} {document['character_count'] or '-':>8}"
            f" {seconds_of(document):>6.2f}  {code_of(document)}"
        )
    codes = Counter(code_of(document) for _, document in found)
    counts = ", ".join(f"{count} {code}" for code, count in codes.most_common())
    print(f"\n{len(found)} files in {time.monotonic() - started:.0f} s: {counts}")


if __name__ == "__main__":
    main()
