"""Database and object storage belong together: on both databases, with folders and buckets."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from uuid import uuid4

import pytest
from sqlalchemy import delete

from docuvault.bootstrap.identity import claim_storage, marked_id, require_own_storage
from docuvault.db.models import Installation
from docuvault.db.repositories.installation import ensure_installation
from docuvault.db.session import Database
from docuvault.domain.errors import DependencyUnavailable, ErrorCode, NotFound
from docuvault.object_storage.base import StorageBackend
from docuvault.object_storage.filesystem import FilesystemBackend
from docuvault.object_storage.guarded import GuardedStorage
from docuvault.object_storage.minio import MinIOBackend
from tests.contract.databases import open_database, owner_of
from tests.servers.postgres import PostgresServer
from tests.servers.s3 import S3Server

KEY = "owner/document/object.txt"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.services)])
async def database(
    request: pytest.FixtureRequest, tmp_path: Path, postgres: PostgresServer
) -> AsyncIterator[Database]:
    async with open_database(request.param, tmp_path, postgres) as database:
        yield database


@pytest.fixture(params=["filesystem", pytest.param("s3", marks=pytest.mark.services)])
async def storage(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[StorageBackend]:
    storage: StorageBackend
    if request.param == "filesystem":
        storage = FilesystemBackend(tmp_path / "objects", reserve_bytes=0)
    else:
        server: S3Server = request.getfixturevalue("s3")
        bucket = f"test-{uuid4()}"
        server.create_bucket(bucket)
        storage = MinIOBackend(server.endpoint, server.access_key, server.secret_key, bucket)
    yield storage
    await storage.close()


async def claim(database: Database, storage: StorageBackend) -> GuardedStorage:
    return await claim_storage(database, storage, await owner_of(database))


async def empty(storage: StorageBackend) -> None:
    async for found in storage.list_objects():
        await storage.delete_object(found.key)


async def put(storage: StorageBackend, key: str = KEY) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield b"kept"

    await storage.put_stream(key, chunks(), "text/plain")


async def test_the_first_start_marks_the_storage(
    database: Database, storage: StorageBackend
) -> None:
    assert await marked_id(database) is None

    await claim(database, storage)

    assert await storage.read_marker() == await marked_id(database) is not None
    # And every further start finds it so.
    await (await claim(database, storage)).require_own()
    await require_own_storage(database, storage)


async def test_starts_at_the_same_time_agree(database: Database, storage: StorageBackend) -> None:
    await owner_of(database)

    await asyncio.gather(*(claim(database, storage) for _ in range(8)))

    assert await storage.read_marker() == await marked_id(database)


async def test_a_start_that_died_after_the_mark_is_finished_by_the_next(
    database: Database, storage: StorageBackend
) -> None:
    owner_id = await owner_of(database)
    async with database.writing() as session:
        installation_id = str((await ensure_installation(session, owner_id)).id)
    await storage.write_marker(installation_id)
    assert await marked_id(database) is None

    await claim(database, storage)

    assert await marked_id(database) == installation_id


async def test_a_fresh_storage_in_place_of_the_known_one_is_refused(
    database: Database, storage: StorageBackend
) -> None:
    await claim(database, storage)
    await empty(storage)

    with pytest.raises(DependencyUnavailable, match="docuvault storage adopt") as refused:
        await claim(database, storage)
    assert refused.value.code is ErrorCode.STORAGE_IDENTITY_MISMATCH
    assert "empty" in refused.value.detail
    with pytest.raises(DependencyUnavailable):
        await require_own_storage(database, storage)
    assert await storage.read_marker() is None


async def test_the_storage_of_another_vault_is_refused(
    database: Database, storage: StorageBackend
) -> None:
    for _ in range(2):
        await storage.write_marker(str(uuid4()))
        with pytest.raises(DependencyUnavailable, match="another vault") as refused:
            await claim(database, storage)
        assert refused.value.code is ErrorCode.STORAGE_IDENTITY_MISMATCH
        # And the same with a vault that has had a storage of its own.
        await empty(storage)
        await claim(database, storage)
        async with database.writing() as session:
            await session.execute(delete(Installation))


async def test_nothing_is_changed_in_another_storage_and_nothing_is_missing_there(
    database: Database, storage: StorageBackend
) -> None:
    guarded = await claim(database, storage)
    await put(guarded)
    marker = await storage.read_marker()
    assert marker is not None
    with pytest.raises(NotFound):
        await guarded.stat("owner/document/gone.txt")

    await storage.write_marker(str(uuid4()))
    # The last look was good for a moment; a missing object is a reason to look again.
    for attempt in (
        lambda: guarded.stat("owner/document/gone.txt"),
        lambda: guarded.get_object("owner/document/gone.txt"),
        lambda: guarded.delete_object(KEY),
        lambda: put(guarded),
        guarded.require_own,
    ):
        with pytest.raises(DependencyUnavailable) as refused:
            await attempt()
        assert refused.value.code is ErrorCode.STORAGE_IDENTITY_MISMATCH
    # What is there can be read.
    assert await guarded.get_object(KEY) == b"kept"

    await storage.write_marker(marker)
    await guarded.delete_object(KEY)
    with pytest.raises(NotFound):
        await guarded.get_object(KEY)
