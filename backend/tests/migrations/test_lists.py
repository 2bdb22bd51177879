"""The second migration: what it makes of the rows of the first."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from sqlalchemy import TableClause, column, insert, select, table

from docuvault.db import schema
from docuvault.db.models import Document, User
from docuvault.db.types import Json, UtcDateTime, UuidType
from tests.migrations.test_migrations import opened, url

__all__ = ["url"]

# More than are folded at once.
_DOCUMENTS = 1100
_MOMENT = datetime(2026, 1, 1, tzinfo=UTC)


async def test_names_are_folded_and_documents_counted(url: str) -> None:
    await schema.upgrade(url, "0001")
    owner_id, other_id = uuid4(), uuid4()
    people = [{"id": one, "name": one.hex, "created_at": _MOMENT} for one in (owner_id, other_id)]
    documents: list[dict[str, object]] = [
        {
            "id": uuid4(),
            "number": number,
            "owner_id": owner_id,
            "title": "",
            "title_folded": "",
            "original_name": f"ÄRGER {number}.TXT",
            "media_type": "text/plain",
            "size_bytes": 1,
            "sha256": f"{number:064}",
            "object_key": str(number),
            "status": "ready",
            "generation": 1,
            "details": {},
            "created_at": _MOMENT,
            "updated_at": _MOMENT,
            "deleted_at": _MOMENT if number % 10 == 0 else None,
        }
        for number in range(_DOCUMENTS)
    ]
    async with opened(url) as engine, engine.begin() as connection:
        await connection.execute(insert(_first("users", people[0])), people)
        await connection.execute(insert(_first("documents", documents[0])), documents)

    await schema.upgrade(url)

    async with opened(url) as engine, engine.connect() as connection:
        counted = await connection.execute(select(User.id, User.document_count))
        counts = {row.id: row.document_count for row in counted}
        names = (
            await connection.execute(select(Document.original_name, Document.name_folded))
        ).all()
    assert counts == {owner_id: _DOCUMENTS - _DOCUMENTS // 10, other_id: 0}
    assert len(names) == _DOCUMENTS
    assert all(folded == f"arger {name[6:]}".casefold() for name, folded in names)


def _first(name: str, values: Mapping[str, object]) -> TableClause:
    """A table as the first migration makes it, with the columns of these values."""
    moment = UtcDateTime()
    kinds: dict[str, Any] = {
        "id": UuidType,
        "owner_id": UuidType,
        "details": Json,
        "created_at": moment,
        "updated_at": moment,
        "deleted_at": moment,
    }
    return table(name, *(column(key, kinds.get(key)) for key in values))
