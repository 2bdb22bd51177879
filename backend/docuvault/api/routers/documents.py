"""Documents: list, look, correct, delete, run stages again."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from docuvault.api.cursors import MAX_LENGTH, decode_cursor, encode_cursor
from docuvault.api.deps import DocumentId, DocumentsDep, DocumentsReadDep
from docuvault.api.errors import problems
from docuvault.api.presenting import present_detail
from docuvault.api.schemas.base import Keepable
from docuvault.api.schemas.documents import (
    DocumentDetail,
    DocumentPage,
    DocumentText,
    DocumentUpdate,
    TextPage,
)
from docuvault.db.repositories.listing import DocumentFilter, DocumentSort
from docuvault.domain.documents import DocumentStatus
from docuvault.domain.media_types import Family

router = APIRouter(prefix="/api/documents", tags=["documents"])


@router.get("", operation_id="list_documents", responses=problems())
async def list_documents(
    documents: DocumentsReadDep,
    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
    per_page: Annotated[int, Query(ge=1, le=200)] = 25,
    sort: DocumentSort = DocumentSort.NEWEST,
    topic: UUID | None = None,
    status: DocumentStatus | None = None,
    type: Family | None = None,
    q: Annotated[str, Query(max_length=200), Keepable] = "",
    needs_review: bool | None = None,
    cursor: Annotated[str | None, Query(max_length=MAX_LENGTH)] = None,
) -> DocumentPage:
    """One page of the list, narrowed by topic, status, type, review and words of the title or name.

    `cursor` goes on where another page ended, at the same speed anywhere in the list, and neither
    repeats nor leaves out a document when others come and go; `page` is then ignored.
    """
    filter_ = DocumentFilter(
        topic_id=topic, status=status, family=type, text=q, needs_review=needs_review
    )
    if cursor is None:
        found = await documents.page(filter_, sort, page=page, per_page=per_page)
    else:
        found = await documents.after(filter_, decode_cursor(cursor, sort), per_page=per_page)
    return DocumentPage.model_validate(
        {
            "items": found.documents,
            "total": found.total,
            "page": page if cursor is None else None,
            "per_page": per_page,
            "next_cursor": encode_cursor(found.next) if found.next else None,
        }
    )


@router.get("/{document_id}", operation_id="get_document", responses=problems(404))
async def get_document(document_id: DocumentId, documents: DocumentsReadDep) -> DocumentDetail:
    """One document with its stages, topics and what its file says of itself."""
    return present_detail(await documents.get(document_id))


@router.get("/{document_id}/text", operation_id="get_document_text", responses=problems(404))
async def get_text(
    document_id: DocumentId,
    documents: DocumentsReadDep,
    page: Annotated[int | None, Query(ge=1, le=1_000_000)] = None,
) -> DocumentText:
    """The text that was read, page by page, or of one page."""
    document, pages = await documents.text(document_id, page)
    return DocumentText(
        page_count=document.page_count or 0,
        pages=[TextPage(number=found.number, text=found.text) for found in pages],
    )


@router.patch(
    "/{document_id}",
    operation_id="update_document",
    responses=problems(404),
)
async def update_document(
    document_id: DocumentId, changes: DocumentUpdate, documents: DocumentsDep
) -> DocumentDetail:
    """Correct the title, replace the topics, or say whether it needs review."""
    changed = await documents.change(
        document_id,
        title=changes.title,
        topic_ids=changes.topic_ids,
        needs_review=changes.needs_review,
    )
    return present_detail(changed)


@router.delete(
    "/{document_id}", operation_id="delete_document", status_code=204, responses=problems(404)
)
async def delete_document(document_id: DocumentId, documents: DocumentsDep) -> Response:
    """Remove the document, its original, its text and its place in every search."""
    await documents.delete(document_id)
    return Response(status_code=204)


@router.post(
    "/{document_id}/classify",
    operation_id="classify_document",
    status_code=202,
    responses=problems(404, 409),
)
async def classify_document(document_id: DocumentId, documents: DocumentsDep) -> DocumentDetail:
    """Find topics again; what people decided stays."""
    return present_detail(await documents.classify(document_id))


@router.post(
    "/{document_id}/retry",
    operation_id="retry_document",
    status_code=202,
    responses=problems(404, 409),
)
async def retry_document(document_id: DocumentId, documents: DocumentsDep) -> DocumentDetail:
    """Run what failed again."""
    return present_detail(await documents.retry(document_id))
