"""Rows become bodies."""

from docuvault.api.schemas.documents import (
    DocumentDetail,
    DocumentOut,
    DocumentTopicOut,
    Failure,
    StageOut,
)
from docuvault.api.schemas.topics import TopicOut
from docuvault.db.models import Document, DocumentTopic, StageRecord
from docuvault.db.repositories.topics import TopicCount
from docuvault.domain.documents import DocumentStatus, StageState
from docuvault.domain.media_types import family_of


def present_document(document: Document) -> DocumentOut:
    """A document as lists show it; its stages and topics must be loaded."""
    return DocumentOut.model_validate(_fields(document))


def present_detail(document: Document) -> DocumentDetail:
    """A document with what its file says of itself."""
    return DocumentDetail.model_validate(
        {
            **_fields(document),
            "metadata": document.details.get("metadata", {}),
            "warnings": document.details.get("warnings", []),
        }
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


def _fields(document: Document) -> dict[str, object]:
    topics = sorted(
        (row for row in document.topics if not row.rejected),
        key=lambda row: (-row.confidence, row.topic.name_folded),
    )
    return {
        "id": document.id,
        "number": document.number,
        "title": document.title,
        "original_name": document.original_name,
        "media_type": document.media_type,
        "family": family_of(document.media_type),
        "size_bytes": document.size_bytes,
        "sha256": document.sha256,
        "status": document.status,
        "error": _error(document),
        "page_count": document.page_count,
        "character_count": document.character_count,
        "created_at": document.created_at,
        "updated_at": document.updated_at,
        "topics": [_topic(row) for row in topics],
        "stages": [_stage(record) for record in document.stages],
    }


def _error(document: Document) -> Failure | None:
    if document.status != DocumentStatus.FAILED:
        return None
    failed = next((record for record in document.stages if record.state == StageState.FAILED), None)
    return _failure(failed) if failed else None


def _failure(record: StageRecord) -> Failure | None:
    if record.error_code is None:
        return None
    return Failure(code=record.error_code, message=record.error_detail or "")


def _topic(row: DocumentTopic) -> DocumentTopicOut:
    return DocumentTopicOut.model_validate(
        {
            "id": row.topic.id,
            "number": row.topic.number,
            "name": row.topic.name,
            "color": row.topic.color,
            "source": row.source,
            "confidence": row.confidence,
            "evidence": row.evidence,
        }
    )


def _stage(record: StageRecord) -> StageOut:
    return StageOut.model_validate(
        {
            "stage": record.stage,
            "state": record.state,
            "attempts": record.attempts,
            "error": _failure(record),
            "next_run_at": record.next_run_at if record.state == StageState.PENDING else None,
            "started_at": record.started_at,
            "finished_at": record.finished_at,
        }
    )
