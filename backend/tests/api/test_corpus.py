"""Real files that nobody here wrote: all are kept, the readable ones become ready with text."""

import os
from pathlib import Path

import pytest

from docuvault.domain.errors import ErrorCode
from docuvault.domain.media_types import READABLE_TYPES
from tests.assembly import Assembly
from tests.corpus import code_of, files_below, read_all
from tests.vault import Vault

# Some of these files are books; on a busy machine they take their time.
pytestmark = pytest.mark.timeout(900)

CORPUS = os.environ.get("CORPUS")
# Pictures of text in PDF clothes; reading them takes OCR.
WITHOUT_TEXT_LAYER = frozenset(
    {
        "grayscale-image.pdf",
        "imagemagick-ASCII85Decode.pdf",
        "imagemagick-CCITTFaxDecode.pdf",
        "imagemagick-lzw.pdf",
    }
)


@pytest.fixture
def corpus(assembly: Assembly) -> Path:
    """The folder that CORPUS names."""
    if CORPUS is None:
        pytest.skip("not run: set CORPUS to a folder with documents/, odd/ and scans/")
    return Path(CORPUS)


def test_readable_documents_become_ready_with_text(vault: Vault, corpus: Path) -> None:
    found = read_all(vault, corpus / "documents")

    assert len(found) == len(files_below(corpus / "documents")) > 50
    for path, document in found:
        if path.name in WITHOUT_TEXT_LAYER:
            assert code_of(document) == "no_text", path.name
        elif document["media_type"] in READABLE_TYPES:
            assert code_of(document) == "ready", path.name
            pages = vault.get(f"/api/documents/{document['id']}/text")["pages"]
            assert any(page["text"].strip() for page in pages), path.name
        else:
            assert code_of(document) == "unsupported_type", path.name


# One assembly is enough for what only the jail and the extractors decide.
@pytest.mark.parametrize("assembly", ["embedded"], indirect=True)
@pytest.mark.parametrize("folder", ["odd", "scans"])
def test_all_other_files_are_kept_and_end_with_a_listed_code(
    vault: Vault, corpus: Path, folder: str
) -> None:
    found = read_all(vault, corpus / folder)

    assert len(found) == len(files_below(corpus / folder)) > 20
    for path, document in found:
        code = code_of(document)
        assert code == "ready" or code in set(ErrorCode), path.name
        assert code not in {"stage_failed", "worker_died", "internal_error"}, path.name
