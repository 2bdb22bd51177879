"""I18: the database itself keeps the hash and the size of an original as first written."""

from collections.abc import AsyncIterator, Sequence

from docuvault.db.repositories.guards import GUARDS, present_guards
from docuvault.integrity.base import Check, Suspicion
from docuvault.integrity.findings import FindingCode, Invariant


class GuardsCheck(Check[str]):
    """Triggers on documents."""

    invariant = Invariant.WRITTEN_ONCE
    subjects = "triggers"

    async def pages(self) -> AsyncIterator[Sequence[str]]:
        """The triggers that must be there."""
        yield GUARDS[self._vault.database.dialect]

    async def look(self, keys: Sequence[str]) -> list[Suspicion[str]]:
        """Those that are missing or switched off."""
        async with self._vault.database.reading() as session:
            present = await present_guards(session)
        return [
            Suspicion(
                key,
                FindingCode.GUARD_MISSING,
                f"trigger {key}",
                "It is missing or switched off, so a mistake could change what must stay.",
            )
            for key in keys
            if key not in present
        ]
