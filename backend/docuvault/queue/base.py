"""The queue port: it carries hints about rows that hold the work, so losing one costs only time."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from uuid import UUID

from docuvault.domain.documents import Stage


@dataclass(frozen=True, slots=True)
class StageTask:
    """A hint that one stage of one document is due."""

    document_id: UUID
    stage: Stage


@dataclass(frozen=True, slots=True)
class PurgeTask:
    """A hint that a deleted document is to be removed for good."""

    document_id: UUID


@dataclass(frozen=True, slots=True)
class CanaryTask:
    """No work at all: whoever gets it says that the way from queue to worker is free."""


Task = StageTask | PurgeTask | CanaryTask


class TaskQueue(ABC):
    """Sends hints; a lost, doubled or reordered hint does no harm."""

    @abstractmethod
    async def send(self, task: Task) -> bool:
        """Send a hint; False when the transport did not take it (logged, never raised)."""

    @abstractmethod
    async def waiting(self) -> int:
        """How many hints lie there; 0 also when the transport does not answer."""

    @abstractmethod
    async def close(self) -> None:
        """Give back connections."""
