"""The oracle ledger: what was sent and what was answered, kept outside of the product."""

import json
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Any

ACKNOWLEDGED = frozenset({200, 201})


@dataclass(frozen=True, slots=True)
class Kept:
    """A document as the vault lists it."""

    id: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class Look:
    """A document as one sees it who opens it: the hash of its download, and by mode of search the
    ids that its word finds."""

    status: str
    file_sha256: str | None
    found: Mapping[str, Sequence[str]]


@dataclass(slots=True)
class Entry:
    """All that happened to the same bytes: ids that acknowledgements named, and other statuses."""

    name: str
    sha256: str
    size: int
    word: str
    ids: set[str] = field(default_factory=set)
    created: int = 0
    refusals: list[int] = field(default_factory=list)

    @property
    def id(self) -> str:
        """The one document of an upload that was acknowledged; others have none."""
        return next(iter(self.ids))


class Ledger:
    """Appends a line before every request and after every answer; clients may share it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.entries: dict[str, Entry] = {}
        self._requests = 0
        self._lock = Lock()

    def request(self, *, name: str, sha256: str, size: int, word: str) -> int:
        """Note an upload that is about to be sent; returns its number."""
        with self._lock:
            self._requests += 1
            self.entries.setdefault(sha256, Entry(name, sha256, size, word))
            self._append("request", number=self._requests, name=name, sha256=sha256, size=size)
            return self._requests

    def answer(self, number: int, sha256: str, status: int, document_id: str | None) -> None:
        """Note what was answered; 200 and 201 acknowledge."""
        with self._lock:
            entry = self.entries[sha256]
            if status in ACKNOWLEDGED and document_id is not None:
                entry.ids.add(document_id)
                entry.created += status == 201
            else:
                entry.refusals.append(status)
            self._append(
                "answer", number=number, sha256=sha256, status=status, document_id=document_id
            )

    def broken(self, number: int, sha256: str, why: str) -> None:
        """Note that the connection ended without an answer: neither acknowledged nor refused."""
        with self._lock:
            self._append("broken", number=number, sha256=sha256, why=why)

    def note(self, what: str, **more: Any) -> None:
        """Note anything else that helps to understand the lines around it."""
        with self._lock:
            self._append(what, **more)

    def acknowledged(self) -> list[Entry]:
        """Everything that must be in the vault, in the order of the first request."""
        return [entry for entry in self.entries.values() if entry.ids]

    def _append(self, what: str, **more: Any) -> None:
        line = json.dumps({"at": round(time.time(), 4), "what": what, **more})
        with self.path.open("a") as file:
            file.write(line + "\n")


def violations(ledger: Ledger, kept: Sequence[Kept], total: int) -> list[str]:
    """How the whole list of documents, and its `total`, contradict the ledger; empty when not."""
    found = contradictions(ledger.entries.values())
    copies = Counter(document.sha256 for document in kept)
    ids = {document.id for document in kept}
    for entry in ledger.acknowledged():
        if not copies[entry.sha256]:
            found.append(f"{entry.name} ({entry.id}) is lost: acknowledged, but not in the list")
        elif not entry.ids <= ids:
            found.append(f"{entry.name} is kept under another id than was answered, {entry.id}")
    for sha256, count in copies.items():
        if count > 1:
            found.append(f"{sha256} is kept {count} times")
    for document in kept:
        sent = ledger.entries.get(document.sha256)
        if sent is None:
            found.append(f"document {document.id} was never sent")
        elif not sent.ids:
            found.append(f"{sent.name} ({document.id}) is kept, but was never acknowledged")
        elif sent.size != document.size:
            found.append(f"{sent.name} ({document.id}) has {document.size} bytes, not {sent.size}")
    if total != len(kept):
        found.append(f"the list says {total} documents and holds {len(kept)}")
    return found


def faults(entry: Entry, look: Look | None) -> list[str]:
    """What is wrong with an acknowledged document; None when it is not there at all."""
    label = f"{entry.name} ({entry.id})"
    if look is None:
        return [f"{label} is lost: acknowledged, but answered with 404"]
    found = []
    if look.status != "ready":
        found.append(f"{label} is {look.status}")
    if look.file_sha256 is None:
        found.append(f"{label} cannot be downloaded")
    elif look.file_sha256 != entry.sha256:
        found.append(f"{label} is altered: its bytes are not those that were sent")
    for mode, ids in look.found.items():
        if [*ids] != [entry.id]:
            found.append(f"{label} is not what search by {mode} finds for its word: {[*ids]}")
    return found


def contradictions(entries: Iterable[Entry]) -> list[str]:
    """What was answered and never should have been, whatever the vault holds."""
    found = []
    for entry in entries:
        if len(entry.ids) > 1:
            found.append(f"{entry.name} was acknowledged as {len(entry.ids)} documents")
        if entry.created > 1:
            found.append(f"{entry.name} was answered as new {entry.created} times")
        if entry.refusals:
            found.append(f"{entry.name} was answered with {entry.refusals}")
    return found
