"""Which object storage follows from which settings."""

import os
from pathlib import Path

from pydantic import SecretStr

from docuvault.config.settings import Settings, StorageSettings
from docuvault.object_storage.factory import create_storage_backend
from docuvault.object_storage.filesystem import FilesystemBackend
from docuvault.object_storage.minio import MinIOBackend


async def test_files_below_the_data_folder_by_default(tmp_path: Path) -> None:
    storage = create_storage_backend(Settings(data_dir=tmp_path))
    assert isinstance(storage, FilesystemBackend)
    assert os.listdir(tmp_path) == []
    await storage.verify()
    assert os.listdir(tmp_path) == ["objects"]
    await storage.close()


async def test_a_bucket_when_the_settings_say_so() -> None:
    storage = create_storage_backend(
        Settings(
            storage=StorageSettings(
                driver="minio",
                minio_endpoint="127.0.0.1:9",
                minio_public_endpoint="files.example.org",
                minio_access_key="the-key-id",
                minio_secret_key=SecretStr("hidden"),
                minio_bucket="vault",
                minio_secure=True,
            )
        )
    )
    assert isinstance(storage, MinIOBackend)
    url = await storage.presigned_get_url("a/b.pdf")
    assert url.startswith("https://files.example.org/vault/a/b.pdf?")
    assert "the-key-id" in url
    assert "hidden" not in url
    await storage.close()
