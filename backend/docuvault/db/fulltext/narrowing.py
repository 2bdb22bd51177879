"""The pages that a search may look at, the same on both databases."""

from uuid import UUID

from sqlalchemy import Select, exists, select

from docuvault.db.fulltext.base import PageFilter
from docuvault.db.models import Document, DocumentTopic, Page


def narrowed_pages(filter_: PageFilter) -> Select[int, UUID, int]:
    """A select of id, document and number of the pages within the filter."""
    statement = (
        select(Page.id, Page.document_id, Page.number)
        .join(Document, Document.id == Page.document_id)
        .where(Document.owner_id == filter_.owner_id, Document.deleted_at.is_(None))
    )
    if filter_.document_ids:
        statement = statement.where(Document.id.in_(filter_.document_ids))
    if filter_.media_types:
        statement = statement.where(Document.media_type.in_(filter_.media_types))
    if filter_.created_from is not None:
        statement = statement.where(Document.created_at >= filter_.created_from)
    if filter_.created_before is not None:
        statement = statement.where(Document.created_at < filter_.created_before)
    if filter_.topic_ids:
        statement = statement.where(
            exists().where(
                DocumentTopic.document_id == Document.id,
                DocumentTopic.topic_id.in_(filter_.topic_ids),
                DocumentTopic.rejected.is_(False),
            )
        )
    return statement
