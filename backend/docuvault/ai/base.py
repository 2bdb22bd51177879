"""The two ports of intelligence: an embedder gives text a place, a classifier proposes topics."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

from docuvault.domain.documents import TopicSource

Vector = NDArray[np.float32]
Matrix = NDArray[np.float32]


class Embedder(Protocol):
    """Turns text into unit vectors whose dot product tells how near two meanings are."""

    @property
    def model_id(self) -> str:
        """Name of the model and its form; vectors of different ids cannot be compared."""
        ...

    @property
    def dimensions(self) -> int:
        """Length of every vector."""
        ...

    async def embed(self, texts: Sequence[str]) -> Matrix:
        """One unit vector per text, shape (len(texts), dimensions); longer texts are cut."""
        ...

    async def close(self) -> None:
        """Give back the memory of the model or the connections to it."""
        ...


@dataclass(frozen=True, slots=True)
class TopicProfile:
    """A topic as a classifier sees it; `examples` are vectors of what people filed there."""

    id: UUID
    name: str
    description: str
    examples: tuple[Vector, ...] = ()


@dataclass(frozen=True, slots=True)
class ClassifiableDocument:
    """What a classifier may know of a document: its title, its first text, and its vector."""

    title: str
    filename: str
    text: str
    vector: Vector


@dataclass(frozen=True, slots=True)
class TopicSuggestion:
    """A topic from the given list, how sure the classifier is (0 to 1), and a sentence why."""

    topic_id: UUID
    confidence: float
    evidence: str


@dataclass(frozen=True, slots=True)
class Classification:
    """Suggestions, best first, and who made them; never a topic that was not offered."""

    suggestions: tuple[TopicSuggestion, ...]
    source: TopicSource = field(default=TopicSource.LOCAL)


class Classifier(Protocol):
    """Chooses among the owner's topics; it never makes one up.

    Raises `DependencyUnavailable(ai_unavailable)` when a provider does not answer and
    `ProcessingFailed(ai_invalid_output)` when its answer cannot be used.
    """

    async def classify(
        self, document: ClassifiableDocument, topics: Sequence[TopicProfile]
    ) -> Classification:
        """Suggestions for one document out of the given topics."""
        ...

    async def ping(self) -> None:
        """Look whether documents can be classified now, showing none; raises as `classify` does."""
        ...

    async def close(self) -> None:
        """Give back connections."""
        ...
