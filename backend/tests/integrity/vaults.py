"""A vault with documents of every kind and end, on either assembly, and ways to damage it."""

import fcntl
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pysqlite3
from minio import Minio
from pydantic import SecretStr
from sqlalchemy import delete, insert, select, text, update

from docuvault.bootstrap.processing import Processing, open_processing
from docuvault.bootstrap.resources import Resources, open_resources
from docuvault.config.settings import (
    AISettings,
    DatabaseSettings,
    QdrantSettings,
    QueueSettings,
    Settings,
    StorageSettings,
)
from docuvault.db import schema
from docuvault.db.models import Document, StageRecord
from docuvault.db.repositories.deletions import DeletionRepository
from docuvault.db.repositories.stages import StageRepository
from docuvault.db.repositories.uploads import UploadRepository
from docuvault.db.types import clock_after
from docuvault.documents.upload import UploadService
from docuvault.domain.documents import STAGE_ORDER, Stage
from docuvault.integrity.base import Inspection
from docuvault.integrity.doctor import examine
from docuvault.object_storage.base import new_object_key
from docuvault.queue.base import StageTask
from tests.making import docx, eml, pdf
from tests.servers.postgres import PostgresServer
from tests.servers.qdrant import QdrantServer
from tests.servers.s3 import S3Server

LONG_AGO = -3600.0
# Longer than work may be late, shorter than a stage may run.
A_WHILE_AGO = -300.0

FILES = {
    "letter.pdf": pdf(["Dear reader, wool is warm.", "The second page says so too."]),
    "report.docx": docx(["A report about weather.", "It rained."]),
    "mail.eml": eml("Sheep", "They are well."),
    "notes.txt": b"One line about wool and weather.\n" * 400,
    "broken.pdf": b"%PDF-1.7\nthis is no PDF at all",
    "empty.html": b"<html><body></body></html>",
}


@dataclass
class Built:
    """A filled vault that nobody has open, and its documents by name."""

    settings: Settings
    owner_id: UUID
    documents: dict[str, UUID] = field(default_factory=dict)


def embedded_settings(folder: Path, model_dir: Path) -> Settings:
    return Settings(data_dir=folder, ai=AISettings(model_dir=model_dir))


def services_settings(
    folder: Path, model_dir: Path, postgres: PostgresServer, s3: S3Server, qdrant: QdrantServer
) -> Settings:
    """PostgreSQL, S3 and Qdrant; the tests do the work of Celery's worker themselves."""
    bucket = f"doctor-{uuid4().hex[:8]}"
    s3.create_bucket(bucket)
    return Settings(
        data_dir=folder,
        ai=AISettings(model_dir=model_dir),
        database=DatabaseSettings(
            url=SecretStr(postgres.create_database(f"doctor_{uuid4().hex[:8]}"))
        ),
        storage=StorageSettings(
            driver="minio",
            minio_endpoint=s3.endpoint,
            minio_access_key=s3.access_key,
            minio_secret_key=SecretStr(s3.secret_key),
            minio_bucket=bucket,
        ),
        qdrant=QdrantSettings(url=qdrant.url, api_key=SecretStr(qdrant.api_key or "")),
    )


def as_the_doctor_finds_them(settings: Settings) -> Settings:
    """The services as they are run: nothing in the data folder, workers on Celery."""
    if settings.qdrant.url is None:
        return settings
    return settings.model_copy(update={"queue": QueueSettings(driver="celery")})


async def build(settings: Settings) -> Built:
    """Fill a new vault: ready, failed, without text, duplicate, deleted, running, waiting."""
    settings.data_dir.mkdir()
    await schema.upgrade(settings.database_url)
    async with open_resources(settings) as resources, open_processing(resources) as processing:
        built = Built(settings, resources.owner_id)
        for name, content in FILES.items():
            built.documents[name] = await _upload(resources, name, content)
            await _process(processing, built.documents[name])
        assert (
            await _upload(resources, "again.txt", FILES["notes.txt"])
            == (built.documents["notes.txt"])
        )
        for name in ("deleted.txt", "running.txt", "waiting.txt"):
            built.documents[name] = await _upload(resources, name, f"{name} ".encode() * 50)
        await _process(processing, built.documents["deleted.txt"])
        async with resources.database.writing() as session:
            await DeletionRepository(session, resources.owner_id).hide(
                built.documents["deleted.txt"]
            )
            claim = await StageRepository(session).claim(
                built.documents["running.txt"], Stage.EXTRACT, 3600
            )
            assert claim
            key = new_object_key(resources.owner_id, uuid4(), ".txt")
            await UploadRepository(session).open(resources.owner_id, uuid4(), key)
        await _put(resources.storage, key, b"half of an upload")
        async with resources.database.writing() as session:
            # As if all this had been some time ago, so that nothing counts as just worked on.
            await session.execute(
                update(StageRecord).values(
                    started_at=clock_after(A_WHILE_AGO), finished_at=clock_after(LONG_AGO)
                )
            )
    return built


async def _upload(resources: Resources, name: str, content: bytes) -> UUID:
    service = UploadService(
        resources.database,
        resources.storage,
        resources.queue,
        resources.events,
        resources.settings.uploads,
    )

    async def chunks() -> AsyncIterator[bytes]:
        yield content

    outcome = await service.store(resources.owner_id, name, chunks(), lambda: True)
    return outcome.document_id


async def _process(processing: Processing, document_id: UUID) -> None:
    for stage in STAGE_ORDER:
        await processing.stages.run(StageTask(document_id, stage))


async def _put(storage: Any, key: str, content: bytes) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        yield content

    await storage.put_stream(key, chunks(), "text/plain")


@dataclass
class Patient:
    """A vault under inspection, with hands to damage it; every damage is undone at its end."""

    built: Built
    inspection: Inspection

    async def codes(self, **options: Any) -> list[str]:
        """The codes of all findings, sorted."""
        found = []
        async for verdict in examine(self.inspection, settle_seconds=0, **options):
            assert verdict.not_checked == []
            found += [finding.code.value for finding in verdict.findings]
        return sorted(found)

    async def document(self, name: str) -> Document:
        async with self.inspection.database.reading() as session:
            return (
                await session.scalars(
                    select(Document).where(Document.id == self.built.documents[name])
                )
            ).one()

    @asynccontextmanager
    async def changed(self, table: Any, *where: Any, **values: Any) -> AsyncIterator[None]:
        """Other values in the one row that meets the conditions."""
        columns = [getattr(table, name) for name in values]
        async with self.inspection.database.writing() as session:
            [before] = (await session.execute(select(*columns).where(*where))).all()
            keys = (await session.execute(select(*table.__table__.primary_key).where(*where))).one()
            await session.execute(update(table).where(*where).values(**values))
        # The row may not meet the conditions any more, and its key may be what was changed.
        key_names = [column.name for column in table.__table__.primary_key]
        found = [
            getattr(table, name) == values.get(name, key)
            for name, key in zip(key_names, keys, strict=True)
        ]
        try:
            yield
        finally:
            async with self.inspection.database.writing() as session:
                await session.execute(
                    update(table).where(*found).values(dict(zip(values, before, strict=True)))
                )

    @asynccontextmanager
    async def removed(self, table: Any, *where: Any) -> AsyncIterator[None]:
        """Without the rows that meet the conditions."""
        async with self.inspection.database.writing() as session:
            rows = (await session.execute(select(*table.__table__.columns).where(*where))).all()
            assert rows
            await session.execute(delete(table).where(*where))
        try:
            yield
        finally:
            async with self.inspection.database.writing() as session:
                await session.execute(insert(table.__table__), [dict(row._mapping) for row in rows])

    @asynccontextmanager
    async def added(self, table: Any, **values: Any) -> AsyncIterator[None]:
        """With one row more."""
        async with self.inspection.database.writing() as session:
            await session.execute(insert(table).values(**values))
        try:
            yield
        finally:
            # What is JSON has no equals sign on PostgreSQL.
            keys = [column.name for column in table.__table__.primary_key]
            names = keys if values.keys() >= {*keys} else [*values]
            conditions = [getattr(table, name) == values[name] for name in names]
            async with self.inspection.database.writing() as session:
                await session.execute(delete(table).where(*conditions))

    @asynccontextmanager
    async def stored(self, key: str, content: bytes | None) -> AsyncIterator[None]:
        """Other bytes under a key, or none."""
        storage = self.inspection.storage
        known = {item.key async for item in storage.list_objects()}
        before = await storage.get_object(key) if key in known else None
        await self.set_object(key, content)
        try:
            yield
        finally:
            await self.set_object(key, before)

    async def set_object(self, key: str, content: bytes | None) -> None:
        """Other bytes under a key, or none, for good."""
        if content is None:
            await self.inspection.storage.delete_object(key)
        else:
            await _put(self.inspection.storage, key, content)

    @contextmanager
    def unreadable(self, key: str, content: bytes) -> Iterator[None]:
        """An object that is there and cannot be read, not even by root; the others can."""
        if self.built.settings.storage.driver == "filesystem":
            with leased(self.built.settings.data_dir / "objects" / key):
                yield
        else:
            # What a rule of the bucket does to old objects: they have to be fetched first.
            self._put_with_class(key, content, "GLACIER")
            try:
                yield
            finally:
                self._put_with_class(key, content, "STANDARD")

    def _put_with_class(self, key: str, content: bytes, storage_class: str) -> None:
        storage = self.built.settings.storage
        Minio(
            storage.minio_endpoint,
            access_key=storage.minio_access_key,
            secret_key=storage.minio_secret_key.get_secret_value(),
            region=storage.minio_region,
            secure=False,
        ).put_object(
            storage.minio_bucket,
            key,
            BytesIO(content),
            len(content),
            metadata={"x-amz-storage-class": storage_class},
        )

    @asynccontextmanager
    async def without_trigger(self, name: str) -> AsyncIterator[None]:
        """The database guards less for a while."""
        if self.inspection.database.dialect == "sqlite":
            shown = "SELECT sql FROM sqlite_master WHERE name = :name"
            drop = f"DROP TRIGGER {name}"
        else:
            shown = "SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgname = :name"
            drop = f"DROP TRIGGER {name} ON documents"
        async with self.inspection.database.writing() as session:
            definition = (await session.scalars(text(shown), {"name": name})).one()
            await session.execute(text(drop))
        try:
            yield
        finally:
            await self.execute(definition)

    async def execute(self, statement: str, **values: Any) -> None:
        """Plain SQL."""
        async with self.inspection.database.writing() as session:
            await session.execute(text(statement), values)

    async def without_foreign_keys(self, statement: str, *values: str) -> None:
        """Plain SQL, with `%s` for values, on a connection that does not look at foreign keys."""
        url = self.built.settings.database_url
        if url.startswith("sqlite"):
            connection = pysqlite3.connect(self.built.settings.data_dir / "docuvault.db")
            with connection:
                connection.execute(statement.replace("%s", "?"), values)
            connection.close()
        else:
            names = [f"value{number}" for number in range(len(values))]
            async with self.inspection.database.writing() as session:
                await session.execute(text("SET LOCAL session_replication_role = replica"))
                await session.execute(
                    text(statement % tuple(f":{name}" for name in names)),
                    dict(zip(names, values, strict=True)),
                )


@contextmanager
def leased(path: Path) -> Iterator[None]:
    """A file whose opening the kernel refuses to all others (see fcntl(2), leases)."""
    handle = os.open(path, os.O_RDWR)
    try:
        # The default signal that somebody wants the file would end this process.
        fcntl.fcntl(handle, fcntl.F_SETSIG, signal.SIGURG)
        fcntl.fcntl(handle, fcntl.F_SETLEASE, fcntl.F_WRLCK)
        yield
    finally:
        os.close(handle)


@contextmanager
def renamed(path: Path) -> Iterator[None]:
    """Out of the way for a while."""
    away = path.with_name(f"{path.name}-away")
    path.rename(away)
    try:
        yield
    finally:
        away.rename(path)
