"""Chooses the object storage that the settings name."""

from pathlib import Path

from docuvault.config.settings import Settings
from docuvault.domain.errors import DependencyUnavailable, ErrorCode
from docuvault.object_storage.base import StorageBackend


def create_storage_backend(settings: Settings, *, must_exist: bool = False) -> StorageBackend:
    """The driver in force; nothing is opened or contacted before its first call.

    A folder that is missing is made, unless it `must_exist`; a bucket always must.
    """
    match settings.storage.driver:
        case "filesystem":
            from docuvault.object_storage.filesystem import FilesystemBackend

            return FilesystemBackend(
                settings.data_dir / "objects",
                reserve_bytes=settings.storage.reserve_bytes,
                must_exist=must_exist,
            )
        case "minio":
            from docuvault.object_storage.minio import create_minio_backend

            return create_minio_backend(settings.storage)


async def open_stored(settings: Settings) -> StorageBackend:
    """The driver over what is stored already, for reading; nothing is made or cleared away.

    Raises `DependencyUnavailable` when the folder or bucket is not there; else it must be closed.
    """
    storage = create_storage_backend(settings, must_exist=True)
    folder = settings.data_dir / "objects"
    try:
        if settings.storage.driver != "filesystem":
            await storage.verify()
        elif not folder.is_dir():
            raise DependencyUnavailable(
                ErrorCode.STORAGE_UNAVAILABLE, f"The folder of the originals, {folder}, is missing."
            )
    except DependencyUnavailable:
        await storage.close()
        raise
    return storage


def incoming_of(settings: Settings) -> Path | None:
    """Where files lie while they are being received; None where the storage is a server."""
    if settings.storage.driver != "filesystem":
        return None
    from docuvault.object_storage.file_tree import INCOMING

    return settings.data_dir / "objects" / INCOMING
