"""The classifier that asks a provider: one question, one repair try, offered topics only."""

import asyncio
from collections.abc import Sequence

import structlog

from docuvault.ai.answers import ParsedAnswer, parse_answer
from docuvault.ai.base import ClassifiableDocument, Classification, TopicProfile
from docuvault.ai.choice import ProviderChoice
from docuvault.ai.prompts import ROLE, TopicMenu, build_question
from docuvault.ai.provider import Provider, UnusableAnswer, too_slow
from docuvault.domain.documents import TopicSource
from docuvault.domain.errors import DependencyUnavailable, ErrorCode, ProcessingFailed

_TRIES = 2

log = structlog.get_logger(__name__)


class RemoteClassifier:
    """Shows a provider the head of a document; owns the provider and closes it.

    `timeout` is in seconds, for one call as a whole.
    """

    def __init__(self, provider: Provider, choice: ProviderChoice, timeout: float) -> None:
        self._provider = provider
        self._max_characters = choice.max_characters
        self._role = choice.system_prompt or ROLE
        self._timeout = timeout

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

    async def ping(self) -> None:
        """Look whether the provider is there; no document is shown to it."""
        await self._provider.ping()

    async def close(self) -> None:
        """Give back connections."""
        await self._provider.close()

    async def _answer(
        self, document: ClassifiableDocument, menu: TopicMenu, complaint: str | None
    ) -> ParsedAnswer:
        question = build_question(document, menu, self._max_characters, complaint, role=self._role)
        try:
            # The client's own limits are per step; a server that drips must not last for ever.
            async with asyncio.timeout(self._timeout):
                text = await self._provider.ask(question)
        except TimeoutError:
            raise too_slow() from None
        return parse_answer(text, menu.topics)


class UnusableClassifier:
    """Stands in for a choice that lacks something, so that nobody else is asked in its place."""

    def __init__(self, problem: str) -> None:
        self._problem = problem

    async def classify(
        self, document: ClassifiableDocument, topics: Sequence[TopicProfile]
    ) -> Classification:
        """Raises `DependencyUnavailable(ai_unavailable)` with the sentence what is missing."""
        raise self._failure()

    async def ping(self) -> None:
        """Raises the same."""
        raise self._failure()

    async def close(self) -> None:
        """Nothing is held."""

    def _failure(self) -> DependencyUnavailable:
        return DependencyUnavailable(ErrorCode.AI_UNAVAILABLE, self._problem)
