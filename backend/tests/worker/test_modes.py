"""API and workers over servers: they share one mode, one log, and go on while Redis is away."""

import asyncio
import json
import random
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from docuvault.clients.redis import RedisClient
from docuvault.config.settings import RedisSettings
from docuvault.fallback.transitions import Transition, TransitionLog
from docuvault.key_value.redis import RedisStorage
from tests.assembly import Assembly, Services, services
from tests.modes import QUICK_MODES, Story, Watched, expect_chain, running_story
from tests.recovery import wait_until
from tests.servers.ai_provider import AIProviderServer, Mood, ai_provider_server

pytestmark = pytest.mark.services


@pytest.fixture(scope="module")
def provider() -> Iterator[AIProviderServer]:
    with ai_provider_server() as server:
        yield server


@pytest.fixture(scope="module")
def watched() -> Iterator[Watched]:
    with Watched().running() as one:
        yield one


@pytest.fixture(scope="module")
def product_with_provider(
    model_dir: Path,
    tmp_path_factory: pytest.TempPathFactory,
    provider: AIProviderServer,
    watched: Watched,
) -> Iterator[Assembly]:
    environment: dict[str, Any] = {
        **QUICK_MODES,
        "DOCUVAULT_AI__OPENAI_BASE_URL": f"{provider.url}/v1",
        "DOCUVAULT_HEALTH__DOWNSTREAM": json.dumps({"watched": watched.url}),
        "DOCUVAULT_REDIS__SOCKET_TIMEOUT": "1",
        "DOCUVAULT_REDIS__CONNECT_TIMEOUT": "1",
        "DOCUVAULT_REDIS__RETRY_SECONDS": "1",
    }
    with services(model_dir, tmp_path_factory.mktemp("modes"), **environment) as running:
        yield running


@pytest.fixture
def under(product_with_provider: Assembly) -> Services:
    assert product_with_provider.services is not None
    return product_with_provider.services


@pytest.fixture
def story(product_with_provider: Assembly, provider: AIProviderServer) -> Iterator[Story]:
    with running_story(product_with_provider.base_url, provider) as story:
        yield story


def remembered(under: Services) -> list[Transition]:
    """The log as another process reads it out of Redis."""

    async def read() -> list[Transition]:
        settings = RedisSettings(url=SecretStr(under.valkey.url))
        client = RedisClient(settings, context="tests")
        await client.open()
        try:
            storage = RedisStorage(client.client, timeout=10)
            return await TransitionLog(storage, expire=1).latest(100)
        finally:
            await client.close()

    return asyncio.run(read())


def test_workers_and_api_follow_one_mode_and_every_document_ends_complete(
    story: Story, under: Services, provider: AIProviderServer, watched: Watched
) -> None:
    first = story.keep("aardvark")
    assert set(story.modes(first["id"]).values()) == {"primary"}

    provider.mood, provider.status = Mood.STATUS, 503
    failed = story.keep("badger")
    assert story.modes(failed["id"])["classify"] == "heuristic"
    story.keep("beaver", "Ships")
    story.wait_for("heuristic")
    corrected = story.keep("camel")
    story.correct(corrected["id"], "Ships")

    for word, mood in (("dingo", Mood.HANG), ("dormouse", Mood.DRIP), ("donkey", Mood.BODY)):
        provider.mood, provider.texts = mood, ["I am afraid I cannot do that."]
        asked = len(provider.seen)
        story.keep(word)
        wait_until(lambda asked=asked: len(provider.seen) > asked)  # type: ignore[misc]

    watched.is_well = False
    under.qdrant.kill()
    story.wait_for("safe")
    kept = story.keep("elephant", "Ships")
    assert story.modes(kept["id"]) == {"extract": "primary", "classify": "safe", "embed": "safe"}
    assert {stage["error"]["code"] for stage in kept["stages"][1:]} == {"deferred"}

    provider.mood = Mood.ANSWER
    watched.is_well = True
    under.qdrant.start()
    story.wait_for("primary")
    story.expect_everything()
    assert kept["id"] in story.found("a letter about vessels and harbours"), "by meaning, too"

    shown = story.status()["transitions"]
    modes = expect_chain(shown)
    assert modes[0] == modes[-1] == "primary"
    assert modes.index("heuristic") < modes.index("safe")
    assert [
        (one.before.value, one.after.value, one.reason) for one in remembered(under)[: len(shown)]
    ] == [(change["from"], change["to"], change["reason"]) for change in shown]


@pytest.mark.parametrize("how", ["dead", "hanging"])
def test_documents_are_done_while_redis_is_away(
    story: Story, under: Services, provider: AIProviderServer, how: str
) -> None:
    """With a provider that works, and with one that does not; nothing is lost afterwards."""
    words = random.Random(how).sample(range(10_000, 99_999), 3)
    if how == "dead":
        under.valkey.kill()
    else:
        under.valkey.pause()
    try:
        for number in words[:2]:
            story.keep(f"word{number}")
        provider.mood, provider.status = Mood.STATUS, 503
        failed = story.keep(f"word{words[2]}", "Ships")
        assert story.modes(failed["id"])["classify"] == "heuristic"
        provider.mood = Mood.ANSWER
    finally:
        if how == "dead":
            under.valkey.start()
        else:
            under.valkey.resume()

    story.expect_everything()
    story.wait_for("primary")


def test_a_person_puts_a_mode_in_force_for_all_processes(
    story: Story, product_with_provider: Assembly
) -> None:
    response = story.vault.http.put(
        "/api/status/mode", json={"mode": "safe", "reason": "Moving house.", "minutes": 10}
    )
    assert response.status_code == 200, response.text
    assert response.json()["mode"] == "safe"
    status = story.status()
    assert (status["mode"], status["mode_reason"]) == ("safe", "Moving house.")
    assert re.search(r"(Z|\+00:00)$", status["overridden_until"])
    # A worker may rely on what it knew for a second.
    wait_until(
        lambda: story.modes(story.keep(f"quokka{len(story.subjects)}")["id"])["embed"] == "safe"
    )

    assert story.vault.http.delete("/api/status/mode").json()["mode"] == "primary"
    assert story.status()["overridden_until"] is None
    story.expect_everything()
