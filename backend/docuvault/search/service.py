"""The read side of search: asks the legs, fuses what they propose, and obeys the operators."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from uuid import UUID

from docuvault.config.settings import SearchSettings
from docuvault.db.fulltext.base import PageHit
from docuvault.db.repositories.listed import ListedDocument
from docuvault.domain.search import Leg, SearchMode
from docuvault.search.chunks import ChunkSearch
from docuvault.search.exact import ExactSearch
from docuvault.search.fusion import FusedHit, fuse
from docuvault.search.narrowing import Narrowing
from docuvault.search.pages import HitPages, Place
from docuvault.search.query import ParsedQuery, parse_query
from docuvault.search.snippets import Snippet
from docuvault.search.vectors.base import ScoredChunk

_BY_MEANING = frozenset({SearchMode.HYBRID, SearchMode.MEANING})
_BY_WORDS = frozenset({SearchMode.HYBRID, SearchMode.WORDS})


@dataclass(frozen=True, slots=True)
class SearchHit:
    """A document, the page that matches best, and which legs found it, the best first."""

    document: ListedDocument
    page: int
    chunk_id: UUID | None
    snippet: Snippet
    legs: tuple[Leg, ...]
    score: float


@dataclass(frozen=True, slots=True)
class SearchAnswer:
    """Hits, best first; `degraded` names the legs that could not be asked."""

    hits: tuple[SearchHit, ...]
    has_more: bool
    degraded: tuple[Leg, ...]


@dataclass(slots=True)
class _Proposals:
    """Per leg, documents in order and the place that proposed each."""

    places: dict[Leg, dict[UUID, Place]] = field(default_factory=dict)
    degraded: tuple[Leg, ...] = ()

    def add_chunks(self, leg: Leg, chunks: Sequence[ScoredChunk]) -> None:
        best = self.places.setdefault(leg, {})
        for chunk in chunks:
            best.setdefault(chunk.document_id, Place(chunk_id=chunk.chunk_id))

    def add_pages(self, hits: Sequence[PageHit]) -> None:
        best = self.places.setdefault(Leg.EXACT, {})
        for hit in hits:
            best.setdefault(hit.document_id, Place(page=hit.page))

    def place_of(self, hit: FusedHit) -> Place:
        """Exact text tells the page best; else the leg that ranks the document highest."""
        leg = (
            Leg.EXACT
            if Leg.EXACT in hit.ranks
            else min(hit.ranks, key=lambda one: (hit.ranks[one], one is not Leg.WORDS))
        )
        return self.places[leg][hit.id]


class SearchService:
    """Search on behalf of one owner at a time."""

    def __init__(
        self, chunks: ChunkSearch, exact: ExactSearch, pages: HitPages, settings: SearchSettings
    ) -> None:
        self._chunks = chunks
        self._exact = exact
        self._pages = pages
        self._settings = settings

    async def search(
        self,
        owner_id: UUID,
        text: str,
        mode: SearchMode,
        narrowing: Narrowing,
        *,
        limit: int,
        offset: int,
    ) -> SearchAnswer:
        """The hits from `offset` on. The pool of candidates is fixed, so pages do not shift."""
        query = parse_query(text)
        if query.is_empty:
            return SearchAnswer((), has_more=False, degraded=())
        proposals = await self._ask(owner_id, query, mode, narrowing)
        ranking = fuse(
            {leg: list(places) for leg, places in proposals.places.items()},
            k=self._settings.rrf_k,
        )
        ranking = await self._obeying(owner_id, query, proposals, ranking)
        window = ranking[offset : offset + limit]
        shown = await self._pages.show(
            owner_id, query, {hit.id: proposals.place_of(hit) for hit in window}
        )
        hits = tuple(
            SearchHit(
                document=shown[hit.id].document,
                page=shown[hit.id].page,
                chunk_id=shown[hit.id].chunk_id,
                snippet=shown[hit.id].snippet,
                legs=tuple(sorted(hit.ranks, key=lambda leg: hit.ranks[leg])),
                score=hit.score,
            )
            for hit in window
            if hit.id in shown
        )
        return SearchAnswer(hits, len(ranking) > offset + limit, proposals.degraded)

    async def _ask(
        self, owner_id: UUID, query: ParsedQuery, mode: SearchMode, narrowing: Narrowing
    ) -> _Proposals:
        proposals = _Proposals()
        if mode is SearchMode.EXACT:
            proposals.add_pages(await self._exact.everything(owner_id, query, narrowing))
            return proposals
        by_meaning, by_words = mode in _BY_MEANING, mode in _BY_WORDS
        found = await self._chunks.find(
            owner_id, query, narrowing, by_meaning=by_meaning, by_words=by_words
        )
        if found is None:
            asked = ((Leg.MEANING, by_meaning), (Leg.WORDS, by_words))
            proposals.degraded = tuple(leg for leg, wanted in asked if wanted)
            proposals.add_pages(await self._exact.anything(owner_id, query, narrowing))
            return proposals
        if by_meaning:
            proposals.add_chunks(Leg.MEANING, found.dense)
        if by_words:
            proposals.add_chunks(Leg.WORDS, found.sparse)
        if query.phrases or query.prefixes:
            proposals.add_pages(await self._exact.required(owner_id, query, narrowing))
        return proposals

    async def _obeying(
        self,
        owner_id: UUID,
        query: ParsedQuery,
        proposals: _Proposals,
        ranking: list[FusedHit],
    ) -> list[FusedHit]:
        """Only documents that hold what is required and nothing that is excluded."""
        if query.phrases or query.prefixes:
            required = proposals.places[Leg.EXACT]
            ranking = [hit for hit in ranking if hit.id in required]
        if ranking and (query.excluded or query.excluded_phrases):
            unwanted = await self._exact.excluded(owner_id, query, [hit.id for hit in ranking])
            ranking = [hit for hit in ranking if hit.id not in unwanted]
        return ranking
