"""Stage two: propose topics out of the owner's own."""

from functools import partial

import numpy as np

from docuvault.ai.base import ClassifiableDocument, TopicProfile
from docuvault.db.repositories.stages import Claim, StageDocument
from docuvault.db.repositories.texts import TextRepository
from docuvault.db.repositories.topics import Assignment, TopicRepository
from docuvault.db.session import AsyncSession
from docuvault.documents.routing import original_title
from docuvault.domain.documents import TopicSource
from docuvault.domain.errors import ErrorCode
from docuvault.domain.modes import Mode
from docuvault.pipeline.answers import Admission
from docuvault.pipeline.embeddings import document_vector, embed_chunks, stored_embeddings
from docuvault.pipeline.outcome import StageOutcome
from docuvault.pipeline.parts import PipelineParts
from docuvault.pipeline.routing import apply_rules

# The first chunks say what a document is about; the rest is embedded by the next stage.
HEAD_CHUNKS = 4


async def classify(parts: PipelineParts, claim: Claim, document: StageDocument) -> StageOutcome:
    """Topics from whoever is in force, from the local model while a provider fails."""
    return await _classify(parts, document, parts.fallback.circuit.admits)


async def classify_locally(
    parts: PipelineParts, claim: Claim, document: StageDocument
) -> StageOutcome:
    """Topics from the local model; a provider is asked once its circuit wants a trial."""
    return await _classify(parts, document, parts.fallback.take_trial)


async def _classify(
    parts: PipelineParts, document: StageDocument, admits: Admission
) -> StageOutcome:
    """Topics with confidence and a reason; what people decided is never touched."""
    model = parts.embedder.model_id
    cap = await parts.answers.text_cap()
    async with parts.database.reading() as session:
        head = await TextRepository(session).chunks(document.id, limit=HEAD_CHUNKS)
        profiles = await _profiles(TopicRepository(session, document.owner_id), model)
        text = await TextRepository(session).head(document.id, cap)
    if not profiles or not head:
        return StageOutcome(
            skipped=ErrorCode.NO_TEXT if profiles else ErrorCode.NO_TOPICS,
            write=partial(apply_rules, document=document),
        )
    matrix = await embed_chunks(parts.embedder, head)
    vector = document_vector(matrix)
    shown = ClassifiableDocument(
        # What rules made of an earlier answer says nothing of the document.
        title=original_title(document),
        filename=document.original_name,
        text=text,
        vector=vector,
    )
    answer = await parts.answers.ask(document.owner_id, document.id, shown, profiles, admits)
    classification = answer.classification
    if classification is None:
        classification = await parts.local_classifier.classify(shown, profiles)
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
        await apply_rules(session, document)

    return StageOutcome(
        result={
            "offered": len(profiles),
            "chosen": len(chosen),
            "source": TopicSource(classification.source).value,
            **({"ai_error": answer.failure.value} if answer.failure else {}),
        },
        write=write,
        mode=Mode.PRIMARY if answer.classification is not None else Mode.HEURISTIC,
        failure=answer.failure,
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
