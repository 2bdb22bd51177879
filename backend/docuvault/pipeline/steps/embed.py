"""Stage three: give every chunk its vectors and put them in the index."""

import numpy as np

from docuvault.db.repositories.stages import Claim, StageDocument, StageRepository
from docuvault.db.repositories.texts import ChunkText, TextRepository
from docuvault.db.repositories.topics import TopicRepository
from docuvault.db.session import AsyncSession
from docuvault.pipeline.embeddings import document_vector, embed_chunks, stored_embeddings
from docuvault.pipeline.outcome import LeaseLost, StageOutcome
from docuvault.pipeline.parts import PipelineParts
from docuvault.pipeline.steps.classify import HEAD_CHUNKS
from docuvault.search.indexer import IndexedChunk, IndexedDocument

# Chunks embedded and indexed before the next progress is kept.
_BATCH = 64


async def embed(parts: PipelineParts, claim: Claim, document: StageDocument) -> StageOutcome:
    """Index all chunks; embeddings are kept batch by batch, so a crash repeats little."""
    async with parts.database.reading() as session:
        chunks = await TextRepository(session).chunks(document.id)
        topic_ids = await TopicRepository(session, document.owner_id).topics_of(document.id)
    indexed = IndexedDocument(
        id=document.id,
        owner_id=document.owner_id,
        title=document.title,
        media_type=document.media_type,
        created_at=document.created_at,
        topic_ids=tuple(topic_ids),
    )
    for start in range(0, len(chunks), _BATCH):
        await _embed_batch(parts, claim, indexed, chunks[start : start + _BATCH])
    await parts.indexer.keep_only(document.id, [chunk.id for chunk in chunks])

    async def write(session: AsyncSession) -> None:
        await _keep_document_vector(parts, TextRepository(session), document)

    return StageOutcome(result={"chunks": len(chunks)}, write=write)


async def _embed_batch(
    parts: PipelineParts, claim: Claim, document: IndexedDocument, chunks: list[ChunkText]
) -> None:
    model = parts.embedder.model_id
    matrix = await embed_chunks(parts.embedder, chunks)
    async with parts.database.writing() as session:
        # The index has no fence of its own: whoever lost the stage must not reach it.
        if not await StageRepository(session).holds(claim):
            raise LeaseLost
        if any(chunk.embedding_model != model for chunk in chunks):
            await TextRepository(session).set_embeddings(model, stored_embeddings(chunks, matrix))
    await parts.indexer.index(
        document,
        [IndexedChunk(chunk.id, chunk.ordinal, chunk.page, chunk.text) for chunk in chunks],
        matrix,
    )


async def _keep_document_vector(
    parts: PipelineParts, texts: TextRepository, document: StageDocument
) -> None:
    """Where no classifier has looked, the document still needs a vector to serve as an example."""
    model = parts.embedder.model_id
    if await texts.vector(document.id, model) is None:
        head = await texts.chunks(document.id, limit=HEAD_CHUNKS)
        if head:
            vector = document_vector(await embed_chunks(parts.embedder, head))
            await texts.set_vector(document.id, model, vector.astype(np.float32).tobytes())
