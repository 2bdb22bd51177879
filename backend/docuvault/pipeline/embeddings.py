"""Embeddings of chunks: made once, kept with the chunk, averaged into the document's own vector."""

from collections.abc import Sequence
from uuid import UUID

import numpy as np

from docuvault.ai.base import Embedder, Matrix, Vector
from docuvault.db.repositories.texts import ChunkText


async def embed_chunks(embedder: Embedder, chunks: Sequence[ChunkText]) -> Matrix:
    """Unit vectors of the chunks, shape (len(chunks), dimensions); kept ones are not made again."""
    matrix = np.zeros((len(chunks), embedder.dimensions), dtype=np.float32)
    missing: list[int] = []
    for position, chunk in enumerate(chunks):
        if chunk.embedding is not None and chunk.embedding_model == embedder.model_id:
            matrix[position] = unpack(chunk.embedding)
        else:
            missing.append(position)
    if missing:
        matrix[missing] = await embedder.embed([chunks[position].text for position in missing])
    return matrix


def stored_embeddings(chunks: Sequence[ChunkText], matrix: Matrix) -> list[tuple[UUID, bytes]]:
    """The form in which embeddings are kept: float16, half the size, no loss that ranks notice."""
    return [
        (chunk.id, matrix[position].astype(np.float16).tobytes())
        for position, chunk in enumerate(chunks)
    ]


def unpack(embedding: bytes) -> Vector:
    """A kept embedding as a unit vector."""
    vector = np.frombuffer(embedding, dtype=np.float16).astype(np.float32)
    return _unit(vector)


def document_vector(matrix: Matrix) -> Vector:
    """The mean direction of a document's first chunks."""
    return _unit(matrix.mean(axis=0, dtype=np.float32))


def _unit(vector: Vector) -> Vector:
    length = float(np.linalg.norm(vector))
    return vector if length == 0 else (vector / length).astype(np.float32)
