"""Stage two: propose topics out of the owner's own."""

import numpy as np

from docuvault.ai.base import ClassifiableDocument, TopicProfile
from docuvault.db.repositories.stages import Claim, StageDocument
from docuvault.db.repositories.texts import TextRepository
from docuvault.db.repositories.topics import Assignment, TopicRepository
from docuvault.db.session import AsyncSession
from docuvault.domain.documents import TopicSource
from docuvault.domain.errors import ErrorCode
from docuvault.pipeline.embeddings import document_vector, embed_chunks, stored_embeddings
from docuvault.pipeline.outcome import StageOutcome
from docuvault.pipeline.parts import PipelineParts

# The first chunks say what a document is about; the rest is embedded by the next stage.
HEAD_CHUNKS = 4


async def classify(parts: PipelineParts, claim: Claim, document: StageDocument) -> StageOutcome:
    """Topics with confidence and a reason; what people decided is never touched."""
    model = parts.embedder.model_id
    async with parts.database.reading() as session:
        head = await TextRepository(session).chunks(document.id, limit=HEAD_CHUNKS)
        profiles = await _profiles(TopicRepository(session, document.owner_id), model)
    if not profiles:
        return StageOutcome(skipped=ErrorCode.NO_TOPICS)
    if not head:
        return StageOutcome(skipped=ErrorCode.NO_TEXT)
    matrix = await embed_chunks(parts.embedder, head)
    vector = document_vector(matrix)
    classification = await parts.classifier.classify(
        ClassifiableDocument(
            title=document.title,
            filename=document.original_name,
            text="\n".join(chunk.text for chunk in head)[: parts.ai.max_characters],
            vector=vector,
        ),
        profiles,
    )
    chosen = [
        suggestion
        for suggestion in classification.suggestions
        if suggestion.confidence >= parts.ai.min_confidence
    ][: parts.ai.max_topics]

    async def write(session: AsyncSession) -> None:
        texts = TextRepository(session)
        await texts.set_vector(document.id, model, vector.astype(np.float32).tobytes())
        await texts.set_embeddings(model, stored_embeddings(head, matrix))
        await TopicRepository(session, document.owner_id).set_by_classifier(
            document.id,
            [
                Assignment(
                    suggestion.topic_id,
                    classification.source,
                    suggestion.confidence,
                    suggestion.evidence,
                )
                for suggestion in chosen
            ],
        )

    return StageOutcome(
        result={
            "offered": len(profiles),
            "chosen": len(chosen),
            "source": TopicSource(classification.source).value,
        },
        write=write,
    )


async def _profiles(topics: TopicRepository, model: str) -> list[TopicProfile]:
    examples = await topics.examples(model)
    return [
        TopicProfile(
            id=counted.topic.id,
            name=counted.topic.name,
            description=counted.topic.description,
            examples=tuple(
                np.frombuffer(vector, dtype=np.float32)
                for vector in examples.get(counted.topic.id, ())
            ),
        )
        for counted in await topics.all()
    ]
