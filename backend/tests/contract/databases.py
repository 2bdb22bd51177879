"""Both databases, migrated and empty, for suites that every query must pass on."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from uuid import UUID, uuid4

from docuvault.config.settings import DatabaseSettings
from docuvault.db import schema
from docuvault.db.repositories.documents import DocumentRepository, NewDocument
from docuvault.db.repositories.texts import TextRepository
from docuvault.db.repositories.users import ensure_owner
from docuvault.db.session import AsyncSession, Database, create_engine
from tests.servers.postgres import PostgresServer


@asynccontextmanager
async def open_database(
    name: str, folder: Path, postgres: PostgresServer
) -> AsyncIterator[Database]:
    """A migrated database of that engine."""
    if name == "sqlite":
        url = f"sqlite+aiosqlite:///{folder}/vault.db"
    else:
        url = postgres.create_database(f"contract_{uuid4().hex}")
    await schema.upgrade(url)
    database = Database(create_engine(url, DatabaseSettings()))
    try:
        yield database
    finally:
        await database.close()


async def owner_of(database: Database) -> UUID:
    """The owner row."""
    return await ensure_owner(database)


async def add_document(
    session: AsyncSession,
    owner_id: UUID,
    pages: list[str],
    *,
    title: str = "A title",
    media_type: str = "text/plain",
) -> UUID:
    """A document with these pages."""
    document_id = uuid4()
    await DocumentRepository(session, owner_id).add(
        NewDocument(
            id=document_id,
            title=title,
            original_name=f"{title}.txt",
            media_type=media_type,
            size_bytes=1,
            sha256=uuid4().hex * 2,
            object_key=f"{owner_id}/{document_id}/{uuid4()}.txt",
            auto_classify=True,
        )
    )
    await TextRepository(session).replace_pages(document_id, list(enumerate(pages, start=1)))
    return document_id
