"""What a check is: pages of subjects, and a look at some of them that tells what is wrong."""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Generic, TypeVar
from uuid import UUID

from docuvault.config.settings import QueueSettings
from docuvault.db.fulltext.base import FullText
from docuvault.db.repositories.integrity import IntegrityRepository
from docuvault.db.session import AsyncSession, Database
from docuvault.integrity.findings import Finding, FindingCode, Invariant
from docuvault.object_storage.base import StorageBackend
from docuvault.search.vectors.base import VectorIndex

Key = TypeVar("Key")


@dataclass(frozen=True, slots=True)
class Inspection:
    """A vault opened for reading only.

    `vectors` is None where the index cannot be read, and `no_vectors` says why. `is_worked_on`
    tells whether somebody should be doing what is due: not while the embedded server is stopped.
    `workspaces` is where processes of this machine put their temporary folders, `incoming` where a
    folder of originals has files that are being received.
    """

    database: Database
    fulltext: FullText
    storage: StorageBackend
    vectors: VectorIndex | None
    no_vectors: str
    is_worked_on: bool
    intent_seconds: float
    queue: QueueSettings
    workspaces: Path
    incoming: Path | None


@dataclass(frozen=True, slots=True)
class Suspicion(Generic[Key]):
    """Something that looks wrong; it counts only if it still does at a second look."""

    key: Key
    code: FindingCode
    subject: str
    sentence: str


class Check(ABC, Generic[Key]):
    """One thing to be looked at all over the vault; it reads and never writes.

    A vault in use changes while it is looked at, so a look must read each subject at one moment
    where it can, and whatever is suspicious is looked at again later.
    """

    invariant: ClassVar[Invariant]
    subjects: ClassVar[str]
    reads_vectors: ClassVar[bool] = False

    def __init__(self, inspection: Inspection) -> None:
        self._vault = inspection

    @abstractmethod
    def pages(self) -> AsyncIterator[Sequence[Key]]:
        """All subjects, a page at a time."""

    @abstractmethod
    async def look(self, keys: Sequence[Key]) -> list[Suspicion[Key]]:
        """What is wrong with these subjects just now; subjects that are gone are not wrong."""

    def found(self, suspicion: Suspicion[Key]) -> Finding:
        """The suspicion as a finding."""
        return Finding(self.invariant, suspicion.code, suspicion.subject, suspicion.sentence)


class RowsCheck(Check[Key]):
    """Subjects that the database lists in the order of their keys."""

    page_size: ClassVar[int] = 500

    @abstractmethod
    async def keys(self, session: AsyncSession, after: Key | None) -> Sequence[Key]:
        """The next page of keys, behind `after`."""

    async def pages(self) -> AsyncIterator[Sequence[Key]]:
        """All keys; each page begins behind the last key of the one before."""
        after: Key | None = None
        while True:
            async with self._vault.database.reading() as session:
                keys = await self.keys(session, after)
            if not keys:
                return
            yield keys
            after = keys[-1]


class LiveDocumentsCheck(RowsCheck[UUID]):
    """Documents that are not deleted."""

    async def keys(self, session: AsyncSession, after: UUID | None) -> Sequence[UUID]:
        """Live documents behind `after`."""
        return await IntegrityRepository(session).document_ids(after, self.page_size)
