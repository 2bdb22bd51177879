"""Bodies about searches."""

from uuid import UUID

from pydantic import Field

from docuvault.api.schemas.base import ResponseBody
from docuvault.api.schemas.documents import DocumentOut
from docuvault.domain.search import Leg, SearchMode


class Snippet(ResponseBody):
    """A stretch of the page and the ranges in it to highlight, as pairs of offsets."""

    text: str
    highlights: list[tuple[int, int]]


class SearchHit(ResponseBody):
    """A document and the page that matches best."""

    document: DocumentOut
    page: int = Field(ge=1)
    chunk_id: UUID | None
    snippet: Snippet
    legs: list[Leg] = Field(description="Which legs found the document.")
    score: float


class SearchResults(ResponseBody):
    """Hits, best first."""

    query: str
    mode: SearchMode
    hits: list[SearchHit]
    has_more: bool
    degraded: list[Leg] = Field(description="Legs that could not be asked; empty when all is well.")
