"""I2: every stored object belongs to a document or to an upload under way.

The other direction, a document whose object is missing, is what I1 looks at.
"""

from collections.abc import AsyncIterator, Sequence

from docuvault.db.repositories.integrity import IntegrityRepository
from docuvault.domain.errors import DependencyUnavailable, InvalidInput, NotFound
from docuvault.integrity.base import Check, Suspicion
from docuvault.integrity.findings import FindingCode, Invariant
from docuvault.object_storage.marker import MARKER_KEY

_PAGE = 500
# What the sweep may take beyond its time before somebody is told.
_GRACE_SECONDS = 60.0


class ObjectsCheck(Check[str]):
    """Objects are listed before the rows are read, since a row comes first and goes last."""

    invariant = Invariant.OBJECTS
    subjects = "objects"

    async def pages(self) -> AsyncIterator[Sequence[str]]:
        """Keys as the storage lists them."""
        page: list[str] = []
        async for item in self._vault.storage.list_objects():
            if item.key != MARKER_KEY:
                page.append(item.key)
            if len(page) == _PAGE:
                yield page
                page = []
        if page:
            yield page

    async def look(self, keys: Sequence[str]) -> list[Suspicion[str]]:
        """Which keys no row has, or only one that should have been swept."""
        patience = self._vault.intent_seconds + self._vault.queue.sweep_seconds + _GRACE_SECONDS
        async with self._vault.database.reading() as session:
            rows = IntegrityRepository(session)
            known = await rows.known_keys(keys)
            overdue = (
                await rows.overdue_leftovers(keys, patience)
                if self._vault.is_worked_on
                else set[str]()
            )
        suspicions = []
        for key in keys:
            if key not in known and await self._is_there(key):
                suspicions.append(
                    Suspicion(
                        key,
                        FindingCode.OBJECT_ORPHANED,
                        f"object {key}",
                        "No document and no upload knows this object.",
                    )
                )
            elif key in overdue and await self._is_there(key):
                suspicions.append(
                    Suspicion(
                        key,
                        FindingCode.LEFTOVER_OVERDUE,
                        f"object {key}",
                        "These bytes of an upload that never finished should be removed by now.",
                    )
                )
        return suspicions

    async def _is_there(self, key: str) -> bool:
        try:
            await self._vault.storage.stat(key)
        except NotFound:
            return False
        except InvalidInput:
            # Not a key that we would ever make, yet it was listed.
            return True
        except DependencyUnavailable:
            # One that cannot be looked at was listed all the same; what I1 says of it is enough.
            if not await self._vault.storage.health_check():
                raise
        return True
