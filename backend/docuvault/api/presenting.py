"""Rows become bodies."""

from docuvault.api.schemas.documents import DocumentDetail, DocumentOut
from docuvault.api.schemas.topics import TopicOut
from docuvault.db.models import Document, DocumentTopic, StageRecord
from docuvault.db.repositories.listed import ListedDocument, ListedStage, ListedTopic
from docuvault.db.repositories.topics import TopicCount
from docuvault.domain.documents import StageState


def present_document(document: Document) -> DocumentOut:
    """A document as lists show it; its stages and topics must be loaded."""
    return DocumentOut.model_validate(listed(document))


def present_detail(document: Document) -> DocumentDetail:
    """A document with what its file says of itself."""
    return DocumentDetail(
        **dict(present_document(document)),
        metadata=document.details.get("metadata", {}),
        warnings=document.details.get("warnings", []),
    )


def present_topic(counted: TopicCount) -> TopicOut:
    """A topic with its count."""
    topic = counted.topic
    return TopicOut(
        id=topic.id,
        number=topic.number,
        name=topic.name,
        description=topic.description,
        color=topic.color,
        doc_count=counted.doc_count,
        created_at=topic.created_at,
    )


def listed(document: Document) -> ListedDocument:
    """A whole document as the row that lists are made of."""
    topics = sorted(
        (row for row in document.topics if not row.rejected),
        key=lambda row: (-row.confidence, row.topic.name_folded),
    )
    return ListedDocument(
        id=document.id,
        number=document.number,
        title=document.title,
        title_folded=document.title_folded,
        original_name=document.original_name,
        media_type=document.media_type,
        size_bytes=document.size_bytes,
        sha256=document.sha256,
        status=document.status,
        page_count=document.page_count,
        character_count=document.character_count,
        created_at=document.created_at,
        updated_at=document.updated_at,
        stages=[_stage(record) for record in document.stages],
        topics=[_topic(row) for row in topics],
    )


def _stage(record: StageRecord) -> ListedStage:
    return ListedStage(
        stage=record.stage,
        state=record.state,
        attempts=record.attempts,
        next_run_at=record.next_run_at if record.state == StageState.PENDING else None,
        started_at=record.started_at,
        finished_at=record.finished_at,
        error_code=record.error_code,
        error_detail=record.error_detail,
    )


def _topic(row: DocumentTopic) -> ListedTopic:
    return ListedTopic(
        id=row.topic.id,
        number=row.topic.number,
        name=row.topic.name,
        color=row.topic.color,
        source=row.source,
        confidence=row.confidence,
        evidence=row.evidence,
    )
