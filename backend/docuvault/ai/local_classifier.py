"""The classifier that needs nobody else: nearness to topics, learning from filed documents."""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence

import numpy as np

from docuvault.ai.base import (
    ClassifiableDocument,
    Classification,
    Embedder,
    Matrix,
    TopicProfile,
    TopicSuggestion,
    Vector,
)
from docuvault.ai.confidence import Numbers, to_confidence, topic_odds
from docuvault.ai.evidence import explain, passages
from docuvault.ai.examples import ExampleModel, fit_examples, training_key
from docuvault.config.settings import AISettings
from docuvault.domain.documents import TopicSource

# More are of no use to anybody, whatever the threshold.
MAX_SUGGESTIONS = 10

# A description tells more than a name, but the name is what people look at.
_NAME_WEIGHT = 0.5
_CACHED_TOPICS = 4096
_CACHED_MODELS = 16


class LocalClassifier:
    """Zero-shot by name and description; by logistic regression where topics have examples."""

    def __init__(self, embedder: Embedder, settings: AISettings) -> None:
        self._embedder = embedder
        self._settings = settings
        self._own_vectors: OrderedDict[tuple[str, str], Vector] = OrderedDict()
        self._models: OrderedDict[bytes, ExampleModel] = OrderedDict()
        self._fitting = asyncio.Lock()

    async def classify(
        self, document: ClassifiableDocument, topics: Sequence[TopicProfile]
    ) -> Classification:
        """The likeliest topics, best first, at most ten; confidences are calibrated."""
        if not topics:
            return Classification((), TopicSource.LOCAL)
        vector = await self._vector(document)
        own = await self._topic_vectors(topics)
        cosines = (own @ vector).astype(np.float64)
        nearness, learned = cosines.copy(), np.zeros(len(topics))
        model = await self._example_model(topics, own)
        if model is not None:
            columns = list(model.columns)
            nearness[columns], learned[columns] = model.nearness(vector), model.odds(vector)
        counts = np.array([len(topic.examples) for topic in topics])
        odds = topic_odds(cosines, nearness, learned, counts)
        confidences = to_confidence(odds)
        best = [int(i) for i in np.argsort(-odds, kind="stable")[:MAX_SUGGESTIONS]]
        quotes = await self._quotes(document, topics, own, confidences, best)
        return Classification(
            tuple(
                TopicSuggestion(
                    topics[i].id,
                    float(confidences[i]),
                    explain(float(nearness[i]), len(topics[i].examples), quotes.get(i)),
                )
                for i in best
            ),
            TopicSource.LOCAL,
        )

    async def ping(self) -> None:
        """Nobody else is needed."""

    async def close(self) -> None:
        """Forget what was learned; the embedder belongs to someone else."""
        self._own_vectors.clear()
        self._models.clear()

    async def _vector(self, document: ClassifiableDocument) -> Vector:
        """The document's unit vector; that of its title when there was no text to embed."""
        vector = np.asarray(document.vector, np.float32)
        length = float(np.linalg.norm(vector))
        if np.isfinite(length) and length > 0:
            return vector / np.float32(length)
        title: Vector = (await self._embedder.embed([document.title or document.filename]))[0]
        return title

    async def _topic_vectors(self, topics: Sequence[TopicProfile]) -> Matrix:
        """Unit vectors of names and descriptions, shape (len(topics), dimensions)."""
        keys = [(topic.name, topic.description) for topic in topics]
        known = {key: self._own_vectors[key] for key in keys if key in self._own_vectors}
        missing = [key for key in dict.fromkeys(keys) if key not in known]
        if missing:
            texts = [name for name, _ in missing]
            texts += [f"{name}. {description}" for name, description in missing]
            vectors = await self._embedder.embed(texts)
            mixed = vectors[len(missing) :] + np.float32(_NAME_WEIGHT) * vectors[: len(missing)]
            mixed /= np.linalg.norm(mixed, axis=1, keepdims=True)
            known.update(zip(missing, mixed, strict=True))
        for key, vector in known.items():
            self._own_vectors[key] = vector
            self._own_vectors.move_to_end(key)
        while len(self._own_vectors) > _CACHED_TOPICS:
            self._own_vectors.popitem(last=False)
        return np.stack([known[key] for key in keys])

    async def _example_model(
        self, topics: Sequence[TopicProfile], own: Matrix
    ) -> ExampleModel | None:
        """The model of these examples, fitted once for all documents that meet the same ones."""
        if not any(topic.examples for topic in topics):
            return None
        key = training_key(topics)
        async with self._fitting:
            model = self._models.pop(key, None)
            if model is None:
                model = await asyncio.to_thread(fit_examples, topics, own)
            self._models[key] = model
            if len(self._models) > _CACHED_MODELS:
                self._models.popitem(last=False)
        return model

    async def _quotes(
        self,
        document: ClassifiableDocument,
        topics: Sequence[TopicProfile],
        own: Matrix,
        confidences: Numbers,
        best: Sequence[int],
    ) -> dict[int, str]:
        """The nearest passage for each topic that is going to be put on the document."""
        chosen = [i for i in best if confidences[i] >= self._settings.min_confidence]
        chosen = chosen[: self._settings.max_topics]
        if not chosen:
            return {}
        texts = [f"{topics[i].name} {topics[i].description}" for i in chosen]
        lines = passages(document.text, texts)
        if not lines:
            return {}
        nearness = own[chosen] @ (await self._embedder.embed(lines)).T
        return {i: lines[int(row.argmax())] for i, row in zip(chosen, nearness, strict=True)}
