"""Rows become bodies."""

from docuvault.api.schemas.documents import DocumentDetail, DocumentOut
from docuvault.api.schemas.rules import (
    ActionsOut,
    DryRunExample,
    DryRunOut,
    RuleChanges,
    RuleOut,
)
from docuvault.api.schemas.topics import TopicOut
from docuvault.db.models import Document, DocumentTopic, StageRecord
from docuvault.db.repositories.documents import INTEGRITY
from docuvault.db.repositories.listed import ListedDocument, ListedStage, ListedTopic
from docuvault.db.repositories.topics import TopicCount
from docuvault.documents.rule_trial import Trial
from docuvault.documents.rules import KeptRule
from docuvault.domain.documents import StageState
from docuvault.domain.modes import Mode


def present_document(document: Document) -> DocumentOut:
    """A document as lists show it; its stages and topics must be loaded."""
    return DocumentOut.model_validate(listed(document))


def present_detail(document: Document) -> DocumentDetail:
    """A document with what its file says of itself."""
    return DocumentDetail(
        **dict(present_document(document)),
        metadata=document.details.get("metadata", {}),
        warnings=_warnings(document),
    )


def _warnings(document: Document) -> list[str]:
    damaged = document.details.get(INTEGRITY)
    return [*([damaged] if damaged else []), *document.details.get("warnings", [])]


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


def present_rule(kept: KeptRule) -> RuleOut:
    """A rule with what is amiss with it."""
    rule = kept.rule
    return RuleOut(
        id=rule.id,
        name=rule.name,
        condition=rule.condition,
        actions=ActionsOut.model_validate(kept.actions),
        missing_topic_ids=list(kept.missing_topic_ids),
        enabled=rule.enabled,
        fault=kept.fault,
        created_at=rule.created_at,
        updated_at=rule.updated_at,
    )


def present_trial(trial: Trial) -> DryRunOut:
    """What a rule would do."""
    return DryRunOut(
        matches=trial.matches,
        checked=trial.checked,
        stopped=trial.stopped,
        examples=[
            DryRunExample(
                document_id=example.document_id,
                title=example.title,
                changes=RuleChanges(
                    topic_ids=list(example.new_topic_ids),
                    title=example.new_title,
                    needs_review=example.needs_review,
                ),
            )
            for example in trial.examples
        ],
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
        needs_review=document.needs_review,
        page_count=document.page_count,
        character_count=document.character_count,
        created_at=document.created_at,
        updated_at=document.updated_at,
        stages=[_stage(record) for record in document.stages],
        topics=[_topic(row) for row in topics],
    )


def _stage(record: StageRecord) -> ListedStage:
    is_to_run = record.state == StageState.PENDING or record.mode != Mode.PRIMARY
    return ListedStage(
        stage=record.stage,
        state=record.state,
        attempts=record.attempts,
        mode=record.mode,
        next_run_at=record.next_run_at if is_to_run else None,
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
