"""Stage one: read the original, keep its pages and cut them into chunks."""

import asyncio
import errno
import hashlib
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import structlog

from docuvault.db.repositories.stages import Claim, StageDocument, StageRepository
from docuvault.db.repositories.texts import TextRepository
from docuvault.db.repositories.topics import TopicRepository
from docuvault.db.session import AsyncSession
from docuvault.documents.names import extension_of
from docuvault.domain.documents import chunk_id
from docuvault.domain.errors import (
    DependencyUnavailable,
    ErrorCode,
    InsufficientStorage,
    ProcessingFailed,
)
from docuvault.domain.text import without_nul
from docuvault.extraction.base import ExtractedDocument
from docuvault.extraction.sniff import sniff_file
from docuvault.object_storage.base import StorageBackend
from docuvault.pipeline.outcome import LeaseLost, StageOutcome
from docuvault.pipeline.parts import PipelineParts
from docuvault.search.chunking import Chunker
from docuvault.search.indexer import IndexedChunk, IndexedDocument

log = structlog.get_logger(__name__)


async def extract(parts: PipelineParts, claim: Claim, document: StageDocument) -> StageOutcome:
    """Pages, chunks and what the file says of itself."""
    with _scratch(parts.sandbox.folder) as folder:
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
    # Of what is kept: characters that no database holds are gone by now.
    characters = sum(len(text) for _, text in pages)
    chunks = await asyncio.to_thread(_cut, parts.chunker, claim, pages)
    await _index_words(parts, claim, replace(document, media_type=media_type), pages, chunks)

    async def write(session: AsyncSession) -> None:
        texts = TextRepository(session)
        await texts.replace_pages(document.id, pages)
        await texts.replace_chunks(document.id, chunks)
        await texts.set_read(
            document.id,
            media_type=media_type,
            page_count=read.page_count,
            character_count=characters,
            details=_details(read),
        )
        await parts.fulltext.index_document(session, document.id)

    return StageOutcome(
        result={
            "pages": len(pages),
            "characters": characters,
            "chunks": len(chunks),
        },
        write=write,
    )


async def _index_words(
    parts: PipelineParts,
    claim: Claim,
    document: StageDocument,
    pages: list[tuple[int, str]],
    chunks: list[dict[str, Any]],
) -> None:
    """Have the words found as soon as this stage is committed, long before what they mean.

    Chunks without a row are never shown, so the index may run ahead; without an index, the words
    are found when the chunks are embedded (docs/decisions/0018).
    """
    async with parts.database.reading() as session:
        # The index has no fence of its own: whoever lost the stage must not reach it.
        if not await StageRepository(session).holds(claim):
            raise LeaseLost
        topic_ids = await TopicRepository(session, document.owner_id).topics_of(document.id)
    texts = dict(pages)
    try:
        await parts.indexer.index_words(
            IndexedDocument(
                id=document.id,
                owner_id=document.owner_id,
                title=document.title,
                media_type=document.media_type,
                created_at=document.created_at,
                topic_ids=tuple(topic_ids),
            ),
            [
                IndexedChunk(
                    chunk["id"],
                    chunk["ordinal"],
                    chunk["page"],
                    texts[chunk["page"]][chunk["start"] : chunk["end"]],
                )
                for chunk in chunks
            ],
        )
    except DependencyUnavailable as error:
        log.warning("extract.words_not_indexed", code=error.code.value)


def _scratch(parent: Path) -> tempfile.TemporaryDirectory[str]:
    try:
        return tempfile.TemporaryDirectory(dir=parent)
    except FileNotFoundError as error:
        # Somebody has cleaned the system's temporary folder: no fault of the document.
        raise DependencyUnavailable(ErrorCode.SERVICE_UNAVAILABLE) from error


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


def _details(read: ExtractedDocument) -> dict[str, Any]:
    return {
        "metadata": {name: without_nul(value)[:1000] for name, value in read.metadata.items()},
        "warnings": list(read.warnings),
    }
