"""What the tests of the extraction room share."""

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from docuvault.config.settings import ExtractionSettings
from docuvault.domain.errors import ErrorCode, ProcessingFailed
from docuvault.extraction.base import ExtractedDocument, Limits
from docuvault.extraction.registry import create_registry
from docuvault.extraction.sandbox import Sandbox

GENEROUS = Limits(max_pages=100, max_characters=200_000, max_unpacked_bytes=64 * 1024 * 1024)
DOCUMENTS = Path(__file__).parents[2] / "fixtures" / "documents"

Read = Callable[..., ExtractedDocument]


@pytest.fixture(scope="session")
def documents() -> Path:
    """The folder of real files."""
    return DOCUMENTS


@pytest.fixture
def limits() -> Limits:
    """Limits that are generous for what the tests build."""
    return GENEROUS


@pytest.fixture
def read(tmp_path: Path) -> Read:
    """Reads bytes of a media type in this process, through the registry."""
    registry = create_registry()

    def read_bytes(data: bytes, media_type: str, limits: Limits = GENEROUS) -> ExtractedDocument:
        path = tmp_path / "input"
        path.write_bytes(data)
        return registry.extract(path, media_type, limits)

    return read_bytes


@pytest.fixture
def failure(read: Read) -> Callable[..., ErrorCode]:
    """The code with which reading the bytes fails; the test fails when it does not."""

    def code_of(data: bytes, media_type: str, limits: Limits = GENEROUS) -> ErrorCode:
        with pytest.raises(ProcessingFailed) as caught:
            read(data, media_type, limits)
        return caught.value.code

    return code_of


@pytest.fixture(scope="session")
async def corpus_sandbox() -> AsyncIterator[Sandbox]:
    """A sandbox with the settings of the house."""
    async with Sandbox(ExtractionSettings(), processes=2) as sandbox:
        yield sandbox


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file for parsers that do not care what is in it."""
    path = tmp_path / "input"
    path.write_text("content")
    return path
