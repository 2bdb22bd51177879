"""Turning places of hits into documents, pages and snippets; the database has the last word."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from docuvault.db.repositories.listed import ListedDocument
from docuvault.db.repositories.listing import DocumentListing
from docuvault.db.repositories.texts import ChunkOnPage, TextRepository
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

    document: ListedDocument
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
            documents = await DocumentListing(session, owner_id).get_many(places)
            texts = TextRepository(session)
            chunks = await texts.on_pages(chunk_ids) if chunk_ids else {}
            whole = {
                (document_id, place.page)
                for document_id, place in places.items()
                if place.page is not None
            }
            contents = await texts.page_texts(whole)
        shown: dict[UUID, ShownHit] = {}
        for document_id, document in documents.items():
            place = places[document_id]
            if place.page is not None:
                text = contents.get((document_id, place.page))
                if text is not None:
                    snippet = make_snippet(text, query)
                    shown[document_id] = ShownHit(document, place.page, None, snippet)
            elif place.chunk_id in chunks:
                chunk = chunks[place.chunk_id]
                # The index may be mistaken; the row says whose chunk it is.
                if chunk.document_id == document_id:
                    shown[document_id] = _shown(document, chunk, query)
        return shown


def _shown(document: ListedDocument, chunk: ChunkOnPage, query: ParsedQuery) -> ShownHit:
    snippet = make_snippet(chunk.text, query, (chunk.start, chunk.end))
    return ShownHit(document, chunk.page, chunk.id, snippet)
