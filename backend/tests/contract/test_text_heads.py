"""The first part of a document's text, which is all that a provider may see: on both databases."""

from pathlib import Path

import pytest

from docuvault.db.repositories.texts import TextRepository
from tests.contract.databases import add_document, open_database, owner_of
from tests.servers.postgres import PostgresServer


@pytest.mark.parametrize("name", ["sqlite", "postgresql"])
async def test_the_head_ends_where_it_should(
    name: str, tmp_path: Path, postgres: PostgresServer
) -> None:
    pages = [f"{number:03} grün" for number in range(1, 61)]
    whole = "\n".join(pages)
    async with open_database(name, tmp_path, postgres) as database:
        owner_id = await owner_of(database)
        async with database.writing() as session:
            document_id = await add_document(session, owner_id, pages)
            empty_id = await add_document(session, owner_id, [])
        async with database.reading() as session:
            texts = TextRepository(session)
            # Within a page, at its end, beyond many pages, and beyond all.
            for characters in (1, 8, 9, 200, len(whole), 100_000):
                assert await texts.head(document_id, characters) == whole[:characters]
            assert await texts.head(empty_id, 100) == ""
