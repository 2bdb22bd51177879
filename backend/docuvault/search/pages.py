"""Turning places of hits into documents, pages and snippets; the database has the last word."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from docuvault.db.models import Document
from docuvault.db.repositories.documents import DocumentRepository
from docuvault.db.repositories.texts import ChunkPlace, TextRepository
from docuvault.db.session import Database
from docuvault.search.query import ParsedQuery
from docuvault.search.snippets import Snippet, make_snippet


@dataclass(frozen=True, slots=True)
class Place:
    """Where a leg found something: a chunk, or a page as a whole."""

    chunk_id: UUID | None = None
    page: int | None = None


@dataclass(frozen=True, slots=True)
class ShownHit:
    """A hit as people see it."""

    document: Document
    page: int
    chunk_id: UUID | None
    snippet: Snippet


class HitPages:
    """Whatever the indexes say, only live documents of the owner come out of here."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def show(
        self, owner_id: UUID, query: ParsedQuery, places: Mapping[UUID, Place]
    ) -> dict[UUID, ShownHit]:
        """What there is to show, by document; stale hits are left out."""
        if not places:
            return {}
        chunk_ids = [place.chunk_id for place in places.values() if place.chunk_id is not None]
        async with self._database.reading() as session:
            documents = await DocumentRepository(session, owner_id).get_many(places)
            texts = TextRepository(session)
            chunks = await texts.places(chunk_ids)
            pages = {
                document_id: _page_of(place, chunks)
                for document_id, place in places.items()
                if document_id in documents
            }
            wanted = {(document_id, page) for document_id, page in pages.items() if page}
            contents = await texts.page_texts(wanted)
        shown: dict[UUID, ShownHit] = {}
        for document_id, page in pages.items():
            text = contents.get((document_id, page))
            if text is None:
                continue
            chunk = chunks.get(places[document_id].chunk_id or document_id)
            shown[document_id] = ShownHit(
                document=documents[document_id],
                page=page,
                chunk_id=chunk.id if chunk else None,
                snippet=make_snippet(text, query, (chunk.start, chunk.end) if chunk else None),
            )
        return shown


def _page_of(place: Place, chunks: Mapping[UUID, ChunkPlace]) -> int:
    """The page of a place; 0 for a chunk that is no longer there."""
    if place.page is not None:
        return place.page
    chunk = chunks.get(place.chunk_id) if place.chunk_id else None
    return chunk.page if chunk else 0
