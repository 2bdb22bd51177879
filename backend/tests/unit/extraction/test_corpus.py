"""Every file of an outside collection, when the variable CORPUS names its folder."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from docuvault.domain import media_types as types
from docuvault.domain.errors import DocuVaultError, ErrorCode
from docuvault.extraction.base import ExtractedDocument
from docuvault.extraction.sandbox import Sandbox
from docuvault.extraction.sniff import sniff, sniff_file

_READABLE = frozenset(
    {types.PDF, types.DOCX, types.TEXT, types.MARKDOWN, types.CSV, types.HTML, types.EML}
)
_REASONS = {
    "invalid.pdf": ErrorCode.CORRUPT_FILE,
    "libreoffice-writer-password.pdf": ErrorCode.ENCRYPTED,
    "protected_normal_case.docx": ErrorCode.ENCRYPTED,
    "testEXCEL_protected_passtika.xlsx": ErrorCode.ENCRYPTED,
}
_SAID = {
    "testPDF.pdf": "Tika - Content Analysis Toolkit",
    "pdflatex-4-pages.pdf": "Hello, here is some text without a meaning.",
    "testPDF_protected.pdf": "RETHINKING THE FINANCIAL NETWORK",
    "testWORD.docx": "This is the header for our document",
    "testComment.docx": "Here is a comment",
    "testOptionalHyphen.docx": "optionalhyphen",
    "testCSV.csv": "Number\tSquare",
    "testHTML_utf8.html": "\u00e5\u00e4\u00f6",
    "testMARKDOWN.md": "Some bold and italic and struck text",
    "testTXTNonASCIIUTF8.txt": "\u00fcber den faulen Hund",
    "testEmailWithPNGAtt.eml": "Attachments: testPNG.png",
}


def _files() -> Iterator[Path]:
    root = os.environ.get("CORPUS")
    for folder in ("documents", "odd", "scans") if root else ():
        yield from sorted((Path(root or "") / folder).iterdir())


def test_the_corpus_was_asked_for() -> None:
    if not os.environ.get("CORPUS"):
        pytest.skip("corpus not run: CORPUS does not name a folder")
    assert any(_files())


@pytest.mark.parametrize("path", list(_files()), ids=lambda path: f"{path.parent.name}/{path.name}")
async def test_every_file(path: Path, corpus_sandbox: Sandbox) -> None:
    kind = sniff_file(path, path.name)
    with path.open("rb") as file:
        assert sniff(file.read(8192), path.name) == kind
    assert kind in (types.from_extension(path.suffix), types.ENCRYPTED_OFFICE)
    start = time.perf_counter()
    result = await _extracted(corpus_sandbox, path, kind)
    milliseconds = (time.perf_counter() - start) * 1000
    if isinstance(result, ErrorCode):
        print(f"{path.name}\t{kind}\t\t\t{milliseconds:.1f}\t{result}")
        assert kind not in _READABLE or path.name in _REASONS
        assert result is _REASONS.get(path.name, ErrorCode.UNSUPPORTED_TYPE)
        return
    print(
        f"{path.name}\t{kind}\t{result.page_count}\t{result.character_count}"
        f"\t{milliseconds:.1f}\t{','.join(('done', *result.warnings))}"
    )
    assert kind in _READABLE
    assert path.name not in _REASONS
    assert [page.number for page in result.pages] == list(range(1, result.page_count + 1))
    text = "\n".join(page.text for page in result.pages)
    assert _SAID.get(path.name, "") in text
    # A PDF may be nothing but images, which is for the pipeline to say.
    assert kind == types.PDF or text.strip()


async def _extracted(sandbox: Sandbox, path: Path, kind: str) -> ExtractedDocument | ErrorCode:
    try:
        return await sandbox.extract(path, kind)
    except DocuVaultError as failure:
        return failure.code
