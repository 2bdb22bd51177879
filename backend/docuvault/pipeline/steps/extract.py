"""Stage one: read the original, keep its pages and cut them into chunks."""

import asyncio
import errno
import hashlib
import tempfile
from pathlib import Path
from typing import Any
from uuid import UUID, uuid5

from docuvault.db.repositories.stages import Claim, StageDocument
from docuvault.db.repositories.texts import TextRepository
from docuvault.db.session import AsyncSession
from docuvault.documents.names import extension_of
from docuvault.domain.errors import ErrorCode, InsufficientStorage, ProcessingFailed
from docuvault.domain.text import without_nul
from docuvault.extraction.base import ExtractedDocument
from docuvault.extraction.sniff import sniff_file
from docuvault.object_storage.base import StorageBackend
from docuvault.pipeline.outcome import StageOutcome
from docuvault.pipeline.parts import PipelineParts
from docuvault.search.chunking import Chunker


async def extract(parts: PipelineParts, claim: Claim, document: StageDocument) -> StageOutcome:
    """Pages, chunks and what the file says of itself."""
    with tempfile.TemporaryDirectory(prefix="docuvault-") as folder:
        path = Path(folder) / f"original{extension_of(document.original_name)}"
        try:
            await _fetch(parts.storage, document, path)
        except OSError as error:
            if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
                raise
            raise InsufficientStorage(ErrorCode.INSUFFICIENT_STORAGE) from error
        media_type = await asyncio.to_thread(sniff_file, path, document.original_name)
        read = await parts.sandbox.extract(path, media_type)
    pages = [(page.number, without_nul(page.text)) for page in read.pages]
    if not any(text.strip() for _, text in pages):
        raise ProcessingFailed(ErrorCode.NO_TEXT)
    chunks = await asyncio.to_thread(_cut, parts.chunker, claim, pages)

    async def write(session: AsyncSession) -> None:
        texts = TextRepository(session)
        await texts.replace_pages(document.id, pages)
        await texts.replace_chunks(document.id, chunks)
        await texts.set_read(
            document.id,
            media_type=media_type,
            page_count=read.page_count,
            character_count=read.character_count,
            details=_details(read),
        )
        await parts.fulltext.index_document(session, document.id)

    return StageOutcome(
        result={
            "pages": len(pages),
            "characters": read.character_count,
            "chunks": len(chunks),
        },
        write=write,
    )


async def _fetch(storage: StorageBackend, document: StageDocument, path: Path) -> None:
    """Copy the original to a private file and make sure that it is the one uploaded."""
    digest = hashlib.sha256()
    async with storage.open_stream(document.object_key) as chunks:
        with path.open("wb") as file:
            async for chunk in chunks:
                await asyncio.to_thread(_append, file, digest, chunk)
    if digest.hexdigest() != document.sha256:
        raise ProcessingFailed(ErrorCode.INTEGRITY_FAILED)


def _append(file: Any, digest: Any, chunk: bytes) -> None:
    digest.update(chunk)
    file.write(chunk)


def _cut(chunker: Chunker, claim: Claim, pages: list[tuple[int, str]]) -> list[dict[str, Any]]:
    """Chunks with ids that a repeated reading of the same generation gives again."""
    spans = [(number, span) for number, text in pages for span in chunker.chunk_page(text)]
    return [
        {
            "id": chunk_id(claim.document_id, claim.generation, ordinal),
            "ordinal": ordinal,
            "page": number,
            "start": span.start,
            "end": span.end,
        }
        for ordinal, (number, span) in enumerate(spans)
    ]


def chunk_id(document_id: UUID, generation: int, ordinal: int) -> UUID:
    """The id of a chunk, the same whenever the same reading is repeated."""
    return uuid5(document_id, f"{generation}:{ordinal}")


def _details(read: ExtractedDocument) -> dict[str, Any]:
    return {
        "metadata": {name: without_nul(value)[:1000] for name, value in read.metadata.items()},
        "warnings": list(read.warnings),
    }
