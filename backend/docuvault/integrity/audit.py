"""I17: the audit log names acts and things; secrets and the words of documents have no place in it.

What a document says cannot be known from here; what looks like text or like a secret can.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Any

from docuvault.db.repositories.integrity import IntegrityRepository
from docuvault.db.session import AsyncSession
from docuvault.integrity.base import RowsCheck, Suspicion
from docuvault.integrity.findings import FindingCode, Invariant

# Nothing that an act is noted with is longer.
_LONGEST = 300
_SECRET_NAME = re.compile(r"password|passwd|secret|token|api_?key|credential", re.IGNORECASE)
_SECRET = re.compile(
    r"\w+://[^/\s]*@|\bsk-[\w-]{16,}|\bBearer\s|\beyJ[\w-]{10,}\.|-----BEGIN ", re.IGNORECASE
)
_LINE_END = re.compile(r"[\r\n]")


class AuditCheck(RowsCheck[int]):
    """Entries of the audit log."""

    invariant = Invariant.AUDIT
    subjects = "audit entries"

    async def keys(self, session: AsyncSession, after: int | None) -> Sequence[int]:
        """All entries."""
        return await IntegrityRepository(session).audit_ids(after, self.page_size)

    async def look(self, keys: Sequence[int]) -> list[Suspicion[int]]:
        """Entries that tell too much."""
        async with self._vault.database.reading() as session:
            entries = await IntegrityRepository(session).audit_details(keys)
        return [
            Suspicion(
                entry_id,
                FindingCode.AUDIT_REVEALING,
                f"audit entry {entry_id}",
                "Its details hold what looks like a secret or like a text.",
            )
            for entry_id, details in entries.items()
            if any(_is_revealing(name, value) for name, value in _pairs(details))
        ]


def _pairs(value: Any, name: str = "") -> Iterator[tuple[str, Any]]:
    """Every value in a tree of JSON, with the name under which it stands."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from _pairs(inner, key)
    elif isinstance(value, list):
        for inner in value:
            yield from _pairs(inner, name)
    else:
        yield name, value


def _is_revealing(name: str, value: Any) -> bool:
    if not isinstance(value, str):
        return False
    return (
        (bool(value) and _SECRET_NAME.search(name) is not None)
        or len(value) > _LONGEST
        or _LINE_END.search(value) is not None
        or _SECRET.search(value) is not None
    )
