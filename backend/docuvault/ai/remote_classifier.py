"""The classifier that asks a provider: one question, one repair try, offered topics only."""

import asyncio
from collections.abc import Sequence

import structlog

from docuvault.ai.answers import ParsedAnswer, parse_answer
from docuvault.ai.base import ClassifiableDocument, Classification, TopicProfile
from docuvault.ai.prompts import TopicMenu, build_question
from docuvault.ai.provider import Provider, UnusableAnswer, too_slow
from docuvault.config.settings import AISettings
from docuvault.domain.documents import TopicSource
from docuvault.domain.errors import ErrorCode, ProcessingFailed

_TRIES = 2

log = structlog.get_logger(__name__)


class RemoteClassifier:
    """Shows a provider the head of a document; owns the provider and closes it."""

    def __init__(self, provider: Provider, settings: AISettings) -> None:
        self._provider = provider
        self._settings = settings

    async def classify(
        self, document: ClassifiableDocument, topics: Sequence[TopicProfile]
    ) -> Classification:
        """Suggestions for one document out of the given topics; asks nothing when there are none.

        Raises `DependencyUnavailable(ai_unavailable)` and `ProcessingFailed(ai_invalid_output)`.
        """
        if not topics:
            return Classification((), TopicSource.AI)
        menu = TopicMenu.of(topics)
        complaint: str | None = None
        for attempt in range(1, _TRIES + 1):
            try:
                answer = await self._answer(document, menu, complaint)
            except UnusableAnswer as unusable:
                complaint = str(unusable)
                log.warning("ai_answer_unusable", reason=complaint, attempt=attempt)
                continue
            if answer.dropped:
                log.warning("ai_answer_entries_dropped", count=answer.dropped)
            return Classification(answer.suggestions, TopicSource.AI)
        raise ProcessingFailed(ErrorCode.AI_INVALID_OUTPUT)

    async def close(self) -> None:
        """Give back connections."""
        await self._provider.close()

    async def _answer(
        self, document: ClassifiableDocument, menu: TopicMenu, complaint: str | None
    ) -> ParsedAnswer:
        question = build_question(document, menu, self._settings.max_characters, complaint)
        try:
            # The client's own limits are per step; a server that drips must not last for ever.
            async with asyncio.timeout(self._settings.timeout):
                text = await self._provider.ask(question)
        except TimeoutError:
            raise too_slow() from None
        return parse_answer(text, menu.topics)
