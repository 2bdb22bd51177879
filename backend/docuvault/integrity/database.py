"""The database itself: SQLite keeps it in one file, of which it can tell whether it is whole."""

from collections.abc import AsyncIterator, Sequence

from docuvault.db.repositories.integrity import IntegrityRepository
from docuvault.integrity.base import Check, Suspicion
from docuvault.integrity.findings import FindingCode, Invariant


class DatabaseCheck(Check[str]):
    """SQLite's file; PostgreSQL looks after its own, and says so when a query meets damage."""

    invariant = Invariant.DATABASE
    subjects = "database files"

    async def pages(self) -> AsyncIterator[Sequence[str]]:
        """The one file, if there is one."""
        if self._vault.database.dialect == "sqlite":
            yield ["database"]

    async def look(self, keys: Sequence[str]) -> list[Suspicion[str]]:
        """What is wrong with the structure of the file."""
        async with self._vault.database.reading() as session:
            fault = await IntegrityRepository(session).file_fault()
        if fault is None:
            return []
        sentence = f"The file is damaged: {fault}."
        return [Suspicion(key, FindingCode.DATABASE_DAMAGED, key, sentence) for key in keys]
