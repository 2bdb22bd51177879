"""The local classifier: sensible without examples, better with them, never beyond the offer."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from unittest import mock
from uuid import uuid4

import numpy as np
import pytest

from docuvault.ai import examples, local_classifier
from docuvault.ai.base import Classification, Matrix, TopicProfile
from docuvault.ai.examples import ExampleModel, fit_examples, training_key
from docuvault.ai.local import LocalEmbedder
from docuvault.ai.local_classifier import MAX_SUGGESTIONS, LocalClassifier
from docuvault.config.settings import AISettings
from docuvault.domain.documents import TopicSource
from tests.unit.ai.making import (
    BILL,
    BILLS,
    FLIGHT,
    HEALTH,
    POEM,
    PRESCRIPTION,
    TOPICS,
    TRAVEL,
    document,
    topic,
)


class CountingEmbedder(LocalEmbedder):
    """The real embedder, which also knows what it was asked."""

    def __init__(self, model_dir: Path) -> None:
        super().__init__(model_dir)
        self.asked: list[str] = []

    async def embed(self, texts: Sequence[str]) -> Matrix:
        self.asked += texts
        return await super().embed(texts)


@pytest.fixture(scope="module")
def embedder(model_dir: Path) -> CountingEmbedder:
    return CountingEmbedder(model_dir)


@pytest.fixture
def classifier(embedder: CountingEmbedder) -> LocalClassifier:
    embedder.asked.clear()
    return LocalClassifier(embedder, AISettings())


async def classify(
    classifier: LocalClassifier,
    embedder: LocalEmbedder,
    text: str,
    topics: Sequence[TopicProfile] = TOPICS,
) -> Classification:
    (vector,) = await embedder.embed([text])
    return await classifier.classify(document(text, vector), topics)


async def with_examples(
    embedder: LocalEmbedder, profile: TopicProfile, *texts: str
) -> TopicProfile:
    vectors = await embedder.embed([*texts, "never used"])
    return TopicProfile(profile.id, profile.name, profile.description, tuple(vectors[:-1]))


@pytest.mark.parametrize(
    ("text", "right"), [(BILL, BILLS), (PRESCRIPTION, HEALTH), (FLIGHT, TRAVEL)]
)
async def test_descriptions_are_enough(
    classifier: LocalClassifier, embedder: CountingEmbedder, text: str, right: TopicProfile
) -> None:
    found = await classify(classifier, embedder, text)
    best, second = found.suggestions[:2]
    assert found.source is TopicSource.LOCAL
    assert best.topic_id == right.id
    assert best.confidence >= 0.5 > second.confidence


async def test_a_document_of_no_topic_gets_none(
    classifier: LocalClassifier, embedder: CountingEmbedder
) -> None:
    found = await classify(classifier, embedder, POEM)
    assert max(suggestion.confidence for suggestion in found.suggestions) < 0.3


async def test_the_evidence_quotes_the_text(
    classifier: LocalClassifier, embedder: CountingEmbedder
) -> None:
    found = await classify(classifier, embedder, BILL)
    evidence = found.suggestions[0].evidence
    quoted = evidence.split("“")[1].rstrip("”")
    assert quoted in BILL
    assert "Amount due" in quoted or "Invoice" in quoted
    assert all("“" not in other.evidence for other in found.suggestions[1:])


async def test_suggestions_are_sorted_known_and_few(
    classifier: LocalClassifier, embedder: CountingEmbedder
) -> None:
    many = [*TOPICS, *(topic(f"Subject {number}") for number in range(40))]
    found = (await classify(classifier, embedder, FLIGHT, many)).suggestions
    shares = [suggestion.confidence for suggestion in found]
    assert len(found) == MAX_SUGGESTIONS
    assert shares == sorted(shares, reverse=True)
    assert {suggestion.topic_id for suggestion in found} <= {profile.id for profile in many}
    assert all(0 <= share <= 1 for share in shares)


async def test_without_topics_there_is_nothing_to_do(
    classifier: LocalClassifier, embedder: CountingEmbedder
) -> None:
    found = await classifier.classify(document(BILL), [])
    assert found.suggestions == ()
    assert embedder.asked == []


@pytest.mark.parametrize("bad", [0.0, np.nan])
async def test_a_document_without_a_vector_is_judged_by_its_title(
    classifier: LocalClassifier, bad: float
) -> None:
    unknown = np.full(384, bad, np.float32)
    found = await classifier.classify(
        document("", unknown, title="Invoice for electricity, amount due"), TOPICS
    )
    assert found.suggestions[0].topic_id == BILLS.id


async def test_topics_without_a_description_go_by_their_name(
    classifier: LocalClassifier, embedder: CountingEmbedder
) -> None:
    names = [topic(name) for name in ("Invoices", "Medicine", "Flights and hotels")]
    for text, right in zip((BILL, PRESCRIPTION, FLIGHT), names, strict=True):
        found = await classify(classifier, embedder, text, names)
        assert found.suggestions[0].topic_id == right.id


async def test_examples_teach_what_a_name_cannot(
    classifier: LocalClassifier, embedder: CountingEmbedder
) -> None:
    red = topic("Red folder")
    blue = topic("Blue folder")
    bills = [BILL, "Invoice: water, amount due 40 EUR by May.", "Phone bill, total 19.99 EUR."]
    flights = [FLIGHT, "Train ticket Berlin to Prague, seat 42.", "Hotel reservation for May."]
    question = "Gas invoice no. 7: please pay 99 EUR by bank transfer before 1 June."
    before = (await classify(classifier, embedder, question, [red, blue])).suggestions
    taught = [
        await with_examples(embedder, red, *bills),
        await with_examples(embedder, blue, *flights),
    ]
    after = (await classify(classifier, embedder, question, taught)).suggestions
    shares = {suggestion.topic_id: suggestion.confidence for suggestion in before}
    assert after[0].topic_id == red.id
    assert after[0].confidence > shares[red.id]
    assert after[0].confidence > after[1].confidence + 0.05
    assert "3 documents filed here" in after[0].evidence


async def test_topics_without_examples_are_still_judged_beside_taught_ones(
    classifier: LocalClassifier, embedder: CountingEmbedder
) -> None:
    taught = await with_examples(embedder, BILLS, BILL, "Phone bill, total 19.99 EUR.")
    found = await classify(classifier, embedder, FLIGHT, [taught, HEALTH, TRAVEL])
    assert found.suggestions[0].topic_id == TRAVEL.id
    assert found.suggestions[0].confidence >= 0.5


async def test_one_taught_topic_does_not_swallow_everything(
    classifier: LocalClassifier, embedder: CountingEmbedder
) -> None:
    taught = await with_examples(embedder, BILLS, BILL, "Phone bill, total 19.99 EUR.")
    found = await classify(classifier, embedder, POEM, [taught])
    assert found.suggestions[0].confidence < 0.3
    same = await classify(classifier, embedder, BILL, [taught])
    assert same.suggestions[0].confidence > 0.5


async def test_a_document_may_be_an_example_of_two_topics(
    classifier: LocalClassifier, embedder: CountingEmbedder
) -> None:
    both = [
        await with_examples(embedder, BILLS, BILL, FLIGHT),
        await with_examples(embedder, TRAVEL, FLIGHT, "Train ticket Berlin to Prague."),
    ]
    found = await classify(classifier, embedder, FLIGHT, both)
    assert found.suggestions[0].topic_id == TRAVEL.id


async def test_topics_are_embedded_once_and_models_fitted_once(
    classifier: LocalClassifier, embedder: CountingEmbedder
) -> None:
    taught = [
        await with_examples(embedder, BILLS, BILL),
        await with_examples(embedder, TRAVEL, FLIGHT),
    ]
    with mock.patch.object(local_classifier, "fit_examples", wraps=examples.fit_examples) as fit:
        vectors = await embedder.embed([BILL, FLIGHT, POEM])
        embedder.asked.clear()
        await asyncio.gather(
            *(classifier.classify(document("", vector), taught) for vector in [*vectors] * 4)
        )
        assert fit.call_count == 1
        again = len(embedder.asked)
        more = [*taught[:1], await with_examples(embedder, TRAVEL, FLIGHT, "A hotel in Rome.")]
        embedder.asked.clear()
        await classifier.classify(document("", vectors[0]), more)
        assert fit.call_count == 2
    assert 4 <= again <= 4 * 12
    assert embedder.asked == []


async def test_repeated_classification_gives_the_same_answer(
    embedder: CountingEmbedder,
) -> None:
    taught = [
        await with_examples(embedder, BILLS, BILL),
        await with_examples(embedder, TRAVEL, FLIGHT),
    ]
    answers = [
        await classify(LocalClassifier(embedder, AISettings()), embedder, PRESCRIPTION, taught)
        for _ in range(2)
    ]
    assert answers[0] == answers[1]


async def test_evidence_is_sought_only_for_topics_that_will_be_put_on(
    embedder: CountingEmbedder,
) -> None:
    strict = LocalClassifier(embedder, AISettings(min_confidence=1.0))
    (vector,) = await embedder.embed([BILL])
    await strict.classify(document("", vector), TOPICS)
    embedder.asked.clear()
    found = await strict.classify(document(BILL, vector), TOPICS)
    assert embedder.asked == []
    assert "“" not in found.suggestions[0].evidence


def test_the_training_key_covers_all_that_matters() -> None:
    one, two = np.eye(2, 384, dtype=np.float32)
    base = topic("A", "a", (one,))
    others = [
        topic("B", "a", (one,)),
        topic("A", "b", (one,)),
        topic("A", "a", (two,)),
        topic("A", "a", (one, one)),
        topic("A", "a"),
    ]
    keys = {training_key([profile]) for profile in (base, *others)}
    assert len(keys) == 6
    assert training_key([base]) == training_key([TopicProfile(uuid4(), "A", "a", (one.copy(),))])
    assert training_key([base, others[0]]) != training_key([others[0], base])


def test_examples_learn_quickly_even_when_there_are_thousands() -> None:
    random = np.random.default_rng(7)
    topics, own = [], random.normal(size=(20, 384)).astype(np.float32)
    own /= np.linalg.norm(own, axis=1, keepdims=True)
    for number in range(20):
        examples = own[number] + 0.08 * random.normal(size=(100, 384)).astype(np.float32)
        examples /= np.linalg.norm(examples, axis=1, keepdims=True)
        topics.append(topic(f"T{number}", "", tuple(examples)))
    model = fit_examples(topics, own)
    assert isinstance(model, ExampleModel)
    assert model.columns == tuple(range(20))
    for number in range(20):
        assert int(model.odds(own[number]).argmax()) == number
        assert int(model.nearness(own[number]).argmax()) == number
