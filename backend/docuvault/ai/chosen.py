"""The classifier in force, rebuilt in every process when what is stored changes."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Protocol

import structlog

from docuvault.ai.base import ClassifiableDocument, Classification, Classifier, TopicProfile
from docuvault.ai.choice import ProviderChoice
from docuvault.domain.errors import DependencyUnavailable

LOOK_UP_SECONDS = 2.0

log = structlog.get_logger(__name__)


class StoredChoices(Protocol):
    """Where administrators' choices are kept. Both raise `DependencyUnavailable`."""

    async def stamp(self) -> object:
        """A value that is another one after every change; one cheap look."""
        ...

    async def in_force(self) -> ProviderChoice:
        """What is stored, or what the environment says while nothing is."""
        ...


class _Slot:
    """A classifier with the calls that are using it; closed after the last one."""

    def __init__(self, choice: ProviderChoice, classifier: Classifier) -> None:
        self.choice = choice
        self._classifier = classifier
        self._calls = 0
        self._is_retired = False

    @asynccontextmanager
    async def use(self) -> AsyncIterator[Classifier]:
        self._calls += 1
        try:
            yield self._classifier
        finally:
            self._calls -= 1
            if self._is_retired and self._calls == 0:
                await self._classifier.close()

    async def retire(self) -> None:
        self._is_retired = True
        if self._calls == 0:
            await self._classifier.close()


class ChosenClassifier:
    """Passes every call on to the classifier in force.

    What is stored is looked at every two seconds at the most. While it cannot be read, what was
    in force stays so; before the first look `DependencyUnavailable` is raised.
    """

    def __init__(
        self,
        stored: StoredChoices,
        create: Callable[[ProviderChoice], Classifier],
        *,
        look_up_seconds: float = LOOK_UP_SECONDS,
    ) -> None:
        self._stored = stored
        self._create = create
        self._look_up_seconds = look_up_seconds
        self._turn = asyncio.Lock()
        self._slot: _Slot | None = None
        self._stamp: object = None
        self._looked_at = float("-inf")

    async def choice(self) -> ProviderChoice:
        """What is in force."""
        return (await self._current()).choice

    def look_again(self) -> None:
        """What is stored was changed by this process, which therefore knows at once."""
        self._looked_at = float("-inf")

    async def classify(
        self, document: ClassifiableDocument, topics: Sequence[TopicProfile]
    ) -> Classification:
        """Suggestions of the classifier in force."""
        slot = await self._current()
        async with slot.use() as classifier:
            return await classifier.classify(document, topics)

    async def ping(self) -> None:
        """Look whether the classifier in force can work; no document is shown to anybody."""
        slot = await self._current()
        async with slot.use() as classifier:
            await classifier.ping()

    async def close(self) -> None:
        """Close the classifier in force, after its last call."""
        if self._slot is not None:
            await self._slot.retire()

    async def _current(self) -> _Slot:
        async with self._turn:
            if self._slot is None or time.monotonic() - self._looked_at >= self._look_up_seconds:
                await self._look()
            if self._slot is None:
                raise TypeError("The first look has made nothing.")
            return self._slot

    async def _look(self) -> None:
        try:
            stamp = await self._stored.stamp()
            if self._slot is None or stamp != self._stamp:
                await self._change(await self._stored.in_force(), stamp)
        except DependencyUnavailable as error:
            if self._slot is None:
                raise
            log.warning("ai.choice_unread", code=error.code.value)
        self._looked_at = time.monotonic()

    async def _change(self, choice: ProviderChoice, stamp: object) -> None:
        before, self._slot = self._slot, _Slot(choice, self._create(choice))
        self._stamp = stamp
        log.info(
            "ai.in_force",
            provider=choice.provider,
            model=choice.model,
            host=choice.host,
            stored=choice.is_stored,
        )
        if before is not None:
            await before.retire()
