"""The legs of meaning and of ranked words, asked of the vector index."""

from uuid import UUID

import structlog

from docuvault.ai.base import Embedder, Vector
from docuvault.config.settings import SearchSettings
from docuvault.domain.errors import DependencyUnavailable
from docuvault.search.narrowing import Narrowing
from docuvault.search.query import ParsedQuery
from docuvault.search.sparse import SparseEncoder
from docuvault.search.vectors.base import LegResults, VectorFilter, VectorIndex

log = structlog.get_logger(__name__)


class ChunkSearch:
    """Nearest chunks on behalf of one owner at a time."""

    def __init__(
        self,
        vectors: VectorIndex,
        embedder: Embedder,
        sparse: SparseEncoder,
        settings: SearchSettings,
    ) -> None:
        self._vectors = vectors
        self._embedder = embedder
        self._sparse = sparse
        self._settings = settings

    async def find(
        self,
        owner_id: UUID,
        query: ParsedQuery,
        narrowing: Narrowing,
        *,
        by_meaning: bool,
        by_words: bool,
    ) -> LegResults | None:
        """What the legs propose; None when the index does not answer."""
        text = query.text_for_meaning
        try:
            found = await self._vectors.search(
                VectorFilter(
                    owner_id=owner_id,
                    topic_ids=narrowing.topic_ids,
                    media_types=narrowing.media_types,
                    created_from=narrowing.created_from,
                    created_before=narrowing.created_before,
                ),
                dense=await self._embed(text) if by_meaning else None,
                sparse=self._sparse.encode_query(text) if by_words else None,
                limit=self._settings.candidates,
            )
        except DependencyUnavailable as error:
            log.warning("search.vectors_away", code=error.code.value)
            return None
        alike = tuple(
            chunk for chunk in found.dense if chunk.score >= self._settings.min_similarity
        )
        return LegResults(dense=alike, sparse=found.sparse)

    async def _embed(self, text: str) -> Vector:
        matrix = await self._embedder.embed([text])
        vector: Vector = matrix[0]
        return vector
