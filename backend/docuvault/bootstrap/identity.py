"""Database and object storage belong together; the first start ties them (docs/decisions/0021)."""

from contextlib import AsyncExitStack
from uuid import UUID

import structlog

from docuvault.config.settings import Settings
from docuvault.db import schema
from docuvault.db.repositories.installation import (
    ensure_installation,
    find_installation,
    note_marked,
)
from docuvault.db.repositories.users import ensure_owner
from docuvault.db.session import Database, create_engine
from docuvault.object_storage.base import StorageBackend
from docuvault.object_storage.factory import open_stored
from docuvault.object_storage.guarded import GuardedStorage, mismatch

log = structlog.get_logger(__name__)


async def claim_storage(
    database: Database, storage: StorageBackend, owner_id: UUID
) -> GuardedStorage:
    """Mark a storage that bears no mark yet as ours; refuse one that is not ours.

    Raises `DependencyUnavailable(storage_identity_mismatch)` on another vault's storage, and on
    one without a mark when ours had one: it is empty, or not mounted.
    """
    async with database.writing() as session:
        installation = await ensure_installation(session, owner_id)
    wanted, marker = str(installation.id), await storage.read_marker()
    is_first = marker is None and installation.marked_at is None
    if marker != wanted and not is_first:
        raise mismatch(marker)
    if is_first:
        await storage.write_marker(wanted)
    if installation.marked_at is None:
        async with database.writing() as session:
            await note_marked(session, installation.id)
        log.info("storage.marked")
    return GuardedStorage(storage, wanted)


async def adopt_storage(settings: Settings) -> bool:
    """Mark the storage as ours whatever mark it bears; whether there was anything to do.

    The vault may be running: it sees the new mark with its next look.
    """
    async with AsyncExitStack() as stack:
        engine = create_engine(settings.database_url, settings.database, must_exist=True)
        database = Database(engine)
        stack.push_async_callback(database.close)
        await schema.require_newest(engine)
        storage = await open_stored(settings)
        stack.push_async_callback(storage.close)
        return await _adopt(database, storage)


async def _adopt(database: Database, storage: StorageBackend) -> bool:
    owner_id = await ensure_owner(database)
    async with database.writing() as session:
        installation = await ensure_installation(session, owner_id)
    wanted = str(installation.id)
    if await storage.read_marker() == wanted and installation.marked_at is not None:
        return False
    await storage.write_marker(wanted)
    async with database.writing() as session:
        await note_marked(session, installation.id)
    log.warning("storage.adopted")
    return True


async def marked_id(database: Database) -> str | None:
    """The id that the storage must bear; None while no storage was marked."""
    async with database.reading() as session:
        installation = await find_installation(session)
    if installation is None or installation.marked_at is None:
        return None
    return str(installation.id)


async def require_own_storage(database: Database, storage: StorageBackend) -> None:
    """For who only reads: raises as `claim_storage` does, and marks nothing."""
    await GuardedStorage(storage, await marked_id(database)).require_own()
