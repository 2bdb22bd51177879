"""An object that was listed and cannot be looked at ends the examination of no other."""

from dataclasses import replace
from pathlib import Path
from uuid import uuid4

from docuvault.bootstrap.inspection import open_inspection
from docuvault.domain.errors import DependencyUnavailable, ErrorCode
from docuvault.integrity.objects import ObjectsCheck
from docuvault.object_storage.base import ObjectStat
from docuvault.object_storage.filesystem import FilesystemBackend
from tests.integrity.vaults import Built, Patient


class Stubborn(FilesystemBackend):
    """Lists everything, and fails to tell of one object."""

    key: str

    async def stat(self, key: str) -> ObjectStat:
        if key == self.key:
            raise DependencyUnavailable(ErrorCode.STORAGE_UNAVAILABLE)
        return await super().stat(key)


async def test_an_object_that_cannot_be_looked_at_is_still_there(
    embedded_vault: Built, tmp_path: Path
) -> None:
    key = f"{embedded_vault.owner_id}/{uuid4()}/{uuid4()}.txt"
    storage = Stubborn(embedded_vault.settings.data_dir / "objects", reserve_bytes=0)
    storage.key = key
    async with (
        open_inspection(embedded_vault.settings) as inspection,
        Patient(embedded_vault, inspection).stored(key, b"whose?"),
    ):
        check = ObjectsCheck(replace(inspection, storage=storage))
        found = [s.code async for page in check.pages() for s in await check.look(page)]
    await storage.close()

    assert found == ["object_orphaned"]
