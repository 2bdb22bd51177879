"""What the doctor looks at; nothing is made, migrated, swept or released."""

import tempfile
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from docuvault.ai.factory import create_embedder
from docuvault.bootstrap.drivers import create_vectors, open_qdrant
from docuvault.bootstrap.identity import require_own_storage
from docuvault.config.settings import Settings
from docuvault.db import schema
from docuvault.db.fulltext.factory import create_fulltext
from docuvault.db.lock import locked_folder
from docuvault.db.session import Database, create_engine
from docuvault.domain.errors import ConfigurationError, DependencyUnavailable
from docuvault.integrity.base import Inspection
from docuvault.object_storage.factory import incoming_of, open_stored
from docuvault.observability.metrics.null import NullSink
from docuvault.search.vectors.base import VectorIndex


@asynccontextmanager
async def open_inspection(settings: Settings) -> AsyncIterator[Inspection]:
    """Open what is there for reading; nothing is made, migrated, swept or released.

    The embedded index belongs to the process that runs on the folder; beside it everything else
    can be read. Raises `DependencyUnavailable` without database or object storage, and
    `ConfigurationError` on a schema of another version.
    """
    async with AsyncExitStack() as stack:
        is_running = settings.uses_data_dir and not _takes_folder(stack, settings.data_dir)
        engine = create_engine(settings.database_url, settings.database, must_exist=True)
        database = Database(engine)
        stack.push_async_callback(database.close)
        await schema.require_newest(engine)
        storage = await open_stored(settings)
        stack.push_async_callback(storage.close)
        # In the storage of another vault everything would seem lost.
        await require_own_storage(database, storage)
        vectors: VectorIndex | None = None
        no_vectors = "the vault is running, and its index belongs to it; stop it to check them."
        if settings.qdrant.url or not is_running:
            qdrant = await open_qdrant(stack, settings, NullSink())
            vectors = create_vectors(stack, settings, create_embedder(settings), qdrant)
            try:
                await vectors.attach()
            except DependencyUnavailable as error:
                vectors, no_vectors = None, error.detail
        yield Inspection(
            database=database,
            fulltext=create_fulltext(database.dialect),
            storage=storage,
            vectors=vectors,
            no_vectors=no_vectors,
            is_worked_on=is_running or settings.queue.driver == "celery",
            intent_seconds=settings.uploads.intent_hours * 3600,
            queue=settings.queue,
            workspaces=Path(tempfile.gettempdir()),
            incoming=incoming_of(settings),
        )


def _takes_folder(stack: AsyncExitStack, folder: Path) -> bool:
    """Keep others from starting on the folder; False when somebody runs on it already.

    Shared, so that two inspections at a time do not take each other for the running vault.
    """
    if not folder.is_dir():
        raise ConfigurationError(f"There is no vault in the folder {folder}.")
    try:
        stack.enter_context(locked_folder(folder, shared=True))
    except ConfigurationError:
        return False
    return True
