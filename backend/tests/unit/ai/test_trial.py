"""Trying a provider out: a plain sentence whatever happens, within its time."""

import time
from collections.abc import Iterator

import pytest
from pydantic import SecretStr

from docuvault.ai.choice import ProviderChoice
from docuvault.ai.openai_compatible import OpenAICompatibleProvider
from docuvault.ai.remote_classifier import RemoteClassifier
from docuvault.ai.trial import Trial, try_out
from tests.servers.ai_provider import KEY, MODEL, AIProviderServer, Mood, ai_provider_server

GOOD = '{"topics": [{"topic": "t1", "confidence": 0.9, "reason": "Due."}]}'


@pytest.fixture
def server() -> Iterator[AIProviderServer]:
    with ai_provider_server() as running:
        running.texts = [GOOD]
        yield running


async def tried(
    server: AIProviderServer, *, key: str = KEY, model: str = MODEL, seconds: float = 10
) -> Trial:
    provider = OpenAICompatibleProvider(
        base_url=f"{server.url}/v1", api_key=SecretStr(key), model=model, timeout=60
    )
    classifier = RemoteClassifier(provider, ProviderChoice("openai"), 60)
    try:
        return await try_out(classifier, seconds)
    finally:
        await classifier.close()


async def test_what_works_is_said_with_its_time(server: AIProviderServer) -> None:
    trial = await tried(server)
    assert trial.ok
    assert trial.sentence.startswith("It works")
    assert 0 < trial.latency_ms < 10_000
    assert len(server.seen) == len(server.pings) == 1
    assert "Invoice 1001" in server.seen[0].prompt


async def test_an_empty_choice_of_topics_is_an_answer(server: AIProviderServer) -> None:
    server.texts = ['{"topics": []}']
    trial = await tried(server)
    assert trial.ok
    assert "another model may do better" in trial.sentence


async def test_a_wrong_key_is_said_and_no_question_asked(server: AIProviderServer) -> None:
    trial = await tried(server, key="wrong-secret")
    assert (trial.ok, trial.sentence) == (False, "The AI provider refused the configured key.")
    assert server.seen == []


async def test_a_wrong_model_is_said(server: AIProviderServer) -> None:
    trial = await tried(server, model="other")
    assert not trial.ok
    assert "does not know the configured model" in trial.sentence
    assert trial.sentence.startswith("It can be reached, but")


async def test_nonsense_is_said(server: AIProviderServer) -> None:
    server.texts = ["I would rather talk about the weather."]
    trial = await tried(server)
    assert not trial.ok
    assert "could not be used" in trial.sentence


@pytest.mark.parametrize("mood", [Mood.HANG, Mood.DRIP])
async def test_it_takes_its_time_and_no_more(server: AIProviderServer, mood: Mood) -> None:
    server.mood = mood
    started = time.perf_counter()
    trial = await tried(server, seconds=0.5)
    assert time.perf_counter() - started < 5
    assert not trial.ok
    said = "did not answer a sample question" if mood is Mood.DRIP else "did not answer within"
    assert said in trial.sentence
