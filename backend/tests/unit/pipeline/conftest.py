"""One workshop for all tests of the pipeline, cleared before each."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.unit.pipeline.workshop import Workshop, open_workshop


@pytest.fixture(scope="package")
async def built(
    tmp_path_factory: pytest.TempPathFactory, model_dir: Path
) -> AsyncIterator[Workshop]:
    async with open_workshop(tmp_path_factory.mktemp("workshop"), model_dir) as workshop:
        yield workshop


@pytest.fixture
async def shop(built: Workshop) -> Workshop:
    await built.clear()
    return built
