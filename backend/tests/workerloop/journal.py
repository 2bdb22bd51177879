"""What the workers write: which results were accepted, and which came too late."""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tests.assembly import Assembly

# Document, stage and generation: of each of these there is one accepted result.
Work = tuple[str, str, int]


@dataclass(slots=True)
class Journal:
    """Follows the logs of all workers and of who stands in for them."""

    assembly: Assembly
    accepted: Counter[Work] = field(default_factory=Counter)
    late: Counter[str] = field(default_factory=Counter)
    standins: int = 0
    _read: dict[str, int] = field(default_factory=dict)

    def follow(self) -> None:
        """Read what is new."""
        for name in self.assembly.processes:
            if not name.startswith("worker"):
                continue
            for line in self._lines(name):
                match line.get("event"):
                    case "stage.finished":
                        self.accepted[line["document_id"], line["stage"], line["generation"]] += 1
                    case "stage.lease_lost":
                        self.late[line["document_id"]] += 1
                    case "standin.works":
                        self.standins += 1

    def _lines(self, name: str) -> Iterator[dict[str, Any]]:
        with (self.assembly.folder / f"{name}.log").open("rb") as file:
            file.seek(self._read.get(name, 0))
            # A line that is being written is read the next time.
            text, _, _ = file.read().rpartition(b"\n")
            self._read[name] = file.tell() if not text else self._read.get(name, 0) + len(text) + 1
        for line in text.splitlines():
            try:
                entry = json.loads(line)
            except ValueError:
                continue  # Celery's banner, or the last words of somebody who was killed
            if isinstance(entry, dict):
                yield entry
