"""The one way to the AI provider: what it said before, then its circuit, then the provider."""

import hashlib
import json
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

import structlog
from pydantic import JsonValue

from docuvault.ai.base import (
    ClassifiableDocument,
    Classification,
    Classifier,
    TopicProfile,
    TopicSuggestion,
)
from docuvault.ai.choice import ProviderChoice
from docuvault.domain.documents import TopicSource
from docuvault.domain.errors import DocuVaultError, ErrorCode
from docuvault.fallback.circuit import CircuitBreaker
from docuvault.key_value.base import Storage

log = structlog.get_logger(__name__)

_ANSWERS = "cache:answers:"
# Which answer a document has, so that it goes when the document goes.
_DOCUMENTS = "cache:answer-of:"
_HOUR_SECONDS = 3600.0

Admission = Callable[[], Awaitable[bool]]


class ChosenProvider(Classifier, Protocol):
    """A classifier that says who is in force."""

    async def choice(self) -> ProviderChoice:
        """Who proposes topics now."""
        ...


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of asking: a classification, or none, and `failure` if the provider failed."""

    classification: Classification | None
    failure: ErrorCode | None = None


NOT_ASKED = Answer(None)


class ProviderAnswers:
    """Asks whoever is in force, if its circuit lets it, and keeps what a provider answers.

    Answers are kept for `cache_hours`, for the same question of the same owner only. They are
    welcome and not needed: an outage of the cache costs a question more.
    """

    def __init__(
        self,
        provider: ChosenProvider,
        circuit: CircuitBreaker,
        cache: Storage,
        cache_hours: float,
    ) -> None:
        self._provider = provider
        self._circuit = circuit
        self._cache = cache
        self._expire = cache_hours * _HOUR_SECONDS

    async def has_provider(self) -> bool:
        """Whether anybody outside of this process is asked."""
        return (await self._provider.choice()).text_leaves_the_vault

    async def text_cap(self) -> int:
        """How many characters of a document whoever is in force is shown."""
        return (await self._provider.choice()).max_characters

    async def ask(
        self,
        owner_id: UUID,
        document_id: UUID,
        document: ClassifiableDocument,
        topics: Sequence[TopicProfile],
        admits: Admission,
    ) -> Answer:
        """The answer for one document; `admits` says whether the provider may be asked now.

        The local classifier needs no admission and is not kept.
        """
        choice = await self._provider.choice()
        if not choice.text_leaves_the_vault:
            return Answer(await self._provider.classify(document, topics))
        key = _ANSWERS + _digest(owner_id, choice, document, topics)
        kept = await self._find(key, topics)
        if kept is not None:
            return Answer(kept)
        if not await admits():
            return NOT_ASKED
        answer = await self._ask(document, topics)
        # Who is in force may have changed meanwhile, and with it whose answer this is.
        if answer.classification is not None and await self._provider.choice() == choice:
            await self._keep(key, document_id, answer.classification)
        return answer

    async def forget(self, document_id: UUID) -> None:
        """Drop what is kept of a document; what cannot be reached now expires by itself."""
        try:
            key = await self._cache.get(_DOCUMENTS + str(document_id))
            if isinstance(key, str):
                await self._cache.delete(key, _DOCUMENTS + str(document_id))
        except DocuVaultError as error:
            log.warning("answers.not_forgotten", code=error.code.value)

    async def _ask(self, document: ClassifiableDocument, topics: Sequence[TopicProfile]) -> Answer:
        try:
            classification = await self._provider.classify(document, topics)
        except DocuVaultError as error:
            await self._circuit.failed()
            log.warning("answers.provider_failed", code=error.code.value)
            return Answer(None, error.code)
        except BaseException:
            # Stopped, or a fault of our own: nothing was learnt about the provider.
            await self._circuit.give_back()
            raise
        await self._circuit.succeeded()
        return Answer(classification)

    async def _find(self, key: str, topics: Sequence[TopicProfile]) -> Classification | None:
        if not self._expire:
            return None
        try:
            return _read(await self._cache.get(key), {str(topic.id): topic for topic in topics})
        except DocuVaultError as error:
            log.debug("answers.cache_away", code=error.code.value)
            return None

    async def _keep(self, key: str, document_id: UUID, answer: Classification) -> None:
        if not self._expire:
            return
        answer_of = _DOCUMENTS + str(document_id)
        try:
            # Nobody would find the answer to an earlier question when the document goes.
            earlier = await self._cache.get(answer_of)
            if isinstance(earlier, str) and earlier != key:
                await self._cache.delete(earlier)
            await self._cache.set(answer_of, key, expire=self._expire + _HOUR_SECONDS)
            await self._cache.set(key, _written(answer), expire=self._expire)
        except DocuVaultError as error:
            log.debug("answers.cache_away", code=error.code.value)


def _digest(
    owner_id: UUID,
    choice: ProviderChoice,
    document: ClassifiableDocument,
    topics: Sequence[TopicProfile],
) -> str:
    """Equal for the same question of the same owner to the same provider."""
    question = [
        str(owner_id),
        choice.fingerprint(),
        document.title,
        document.filename,
        document.text,
        [[str(topic.id), topic.name, topic.description] for topic in topics],
    ]
    return hashlib.sha256(json.dumps(question).encode()).hexdigest()


def _written(answer: Classification) -> JsonValue:
    return [
        [str(suggestion.topic_id), suggestion.confidence, suggestion.evidence]
        for suggestion in answer.suggestions
    ]


def _read(value: JsonValue, topics: dict[str, TopicProfile]) -> Classification | None:
    """The kept answer; None when there is none that fits."""
    if not isinstance(value, list):
        return None
    suggestions = []
    for entry in value:
        match entry:
            case [str(topic_id), float() | int() as confidence, str(evidence)] if (
                topic_id in topics
            ):
                suggestions.append(
                    TopicSuggestion(topics[topic_id].id, float(confidence), evidence)
                )
            case _:
                return None
    return Classification(tuple(suggestions), TopicSource.AI)
