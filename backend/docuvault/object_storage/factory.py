"""Chooses the object storage that the settings name."""

from docuvault.config.settings import Settings
from docuvault.object_storage.base import StorageBackend
from docuvault.object_storage.filesystem import FilesystemBackend
from docuvault.object_storage.minio import create_minio_backend


def create_storage_backend(settings: Settings) -> StorageBackend:
    """The driver in force; nothing is opened or contacted before its first call."""
    match settings.storage.driver:
        case "filesystem":
            return FilesystemBackend(
                settings.data_dir / "objects", reserve_bytes=settings.storage.reserve_bytes
            )
        case "minio":
            return create_minio_backend(settings.storage)
