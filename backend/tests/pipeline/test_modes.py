"""The embedded product with a provider that fails in every way: modes come and go."""

import asyncio
import json
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any

import pytest

from docuvault.fallback.transitions import Transition, TransitionLog
from docuvault.key_value.file import FileStorage
from tests.assembly import Assembly, embedded
from tests.loops.doctor import examine
from tests.modes import QUICK_MODES, Story, Watched, expect_chain, running_story
from tests.recovery import wait_until
from tests.servers.ai_provider import AIProviderServer, Mood, ai_provider_server


@pytest.fixture(scope="module")
def provider() -> Iterator[AIProviderServer]:
    with ai_provider_server() as server:
        yield server


@pytest.fixture(scope="module")
def watched() -> Iterator[list[Watched]]:
    with ExitStack() as stack:
        yield [stack.enter_context(Watched().running()) for _ in range(2)]


@pytest.fixture(scope="module")
def vault_with_provider(
    model_dir: Path,
    tmp_path_factory: pytest.TempPathFactory,
    provider: AIProviderServer,
    watched: list[Watched],
) -> Iterator[Assembly]:
    services = {f"watched_{number}": one.url for number, one in enumerate(watched)}
    with embedded(
        model_dir,
        tmp_path_factory.mktemp("modes"),
        **QUICK_MODES,
        DOCUVAULT_AI__OPENAI_BASE_URL=f"{provider.url}/v1",
        DOCUVAULT_HEALTH__DOWNSTREAM=json.dumps(services),
    ) as running:
        yield running


@pytest.fixture
def story(vault_with_provider: Assembly, provider: AIProviderServer) -> Iterator[Story]:
    with running_story(vault_with_provider.base_url, provider) as story:
        yield story


def remembered(assembly: Assembly) -> list[Transition]:
    """The log as another process reads it out of the data folder."""

    async def read() -> list[Transition]:
        path = Path(assembly.environment["DOCUVAULT_DATA_DIR"]) / "key_value.db"
        storage = FileStorage(path)
        try:
            return await TransitionLog(storage, expire=1).latest(100)
        finally:
            await storage.close()

    return asyncio.run(read())


def as_shown(transitions: list[Transition]) -> list[dict[str, Any]]:
    return [
        {"from": one.before.value, "to": one.after.value, "reason": one.reason}
        for one in transitions
    ]


def test_modes_come_and_go_and_every_document_ends_complete(
    story: Story,
    vault_with_provider: Assembly,
    provider: AIProviderServer,
    watched: list[Watched],
) -> None:
    first = story.keep("aardvark")
    assert set(story.modes(first["id"]).values()) == {"primary"}
    assert [topic["source"] for topic in first["topics"]] == ["ai"]

    # It refuses: the document at hand is done locally at once, and so are all after it.
    provider.mood, provider.status = Mood.STATUS, 503
    failed = story.keep("badger")
    assert story.modes(failed["id"])["classify"] == "heuristic"
    story.keep("beaver", "Ships")
    story.wait_for("heuristic")
    assert story.status()["notices"][0]["code"] == "mode_heuristic"
    corrected = story.keep("camel")
    story.correct(corrected["id"], "Ships")

    # It hangs, drips, talks nonsense: trials find out, and no document waits for them.
    for word, mood in (("dingo", Mood.HANG), ("dormouse", Mood.DRIP), ("donkey", Mood.BODY)):
        provider.mood, provider.texts = mood, ["I am afraid I cannot do that."]
        asked = len(provider.seen)
        story.keep(word)
        wait_until(lambda asked=asked: len(provider.seen) > asked)  # type: ignore[misc]
        assert story.status()["mode"] == "heuristic"

    # Two further parts go: documents are kept, read and found by their words.
    for one in watched:
        one.is_well = False
    story.wait_for("safe")
    kept = story.keep("elephant", "Ships")
    assert story.modes(kept["id"]) == {"extract": "primary", "classify": "safe", "embed": "safe"}
    assert [stage["state"] for stage in kept["stages"]] == ["done", "skipped", "skipped"]
    assert {stage["error"]["code"] for stage in kept["stages"][1:]} == {"deferred"}
    assert kept["topics"] == []

    provider.mood = Mood.ANSWER
    for one in watched:
        one.is_well = True
    story.wait_for("primary")
    story.expect_everything()
    assert kept["id"] in story.found("a letter about vessels and harbours"), "by meaning, too"

    shown = story.status()["transitions"]
    modes = expect_chain(shown)
    assert modes[0] == modes[-1] == "primary"
    assert modes.index("heuristic") < modes.index("safe")
    assert as_shown(remembered(vault_with_provider))[: len(shown)] == [
        {key: change[key] for key in ("from", "to", "reason")} for change in shown
    ]


def test_the_mode_and_its_log_outlive_a_killed_process(
    story: Story,
    vault_with_provider: Assembly,
    provider: AIProviderServer,
    watched: list[Watched],
) -> None:
    for one in watched:
        one.is_well = False
    story.wait_for("safe")
    kept = story.keep("ferret")
    before = story.status()["transitions"]
    serve = vault_with_provider.processes["serve"]
    serve.kill()
    serve.start(timeout=60)
    assert examine(vault_with_provider) == [], "what was deferred is no damage"

    assert story.status()["mode"] == "safe"
    assert story.status()["transitions"] == before
    for one in watched:
        one.is_well = True
    story.wait_for("primary")
    story.expect_everything()
    assert story.modes(kept["id"])["embed"] == "primary"


def test_a_document_that_the_provider_will_not_do_is_given_up(
    story: Story, vault_with_provider: Assembly, provider: AIProviderServer
) -> None:
    """Others go on meanwhile; what the local model says of it stays."""
    good = provider.reply
    assert good is not None
    provider.reply = lambda prompt: "no" if "gazelle" in prompt else good(prompt)
    stubborn = story.vault.keep("gazelle.txt", b"gazelle. The subject is Wool.")
    assert stubborn["status"] == "ready"
    data = Path(vault_with_provider.environment["DOCUVAULT_DATA_DIR"])

    def tries() -> int:
        with closing(sqlite3.connect(f"file:{data}/docuvault.db?mode=ro", uri=True)) as rows:
            [found] = rows.execute(
                "SELECT completions FROM stage_records WHERE stage = 'classify'"
            ).fetchone()
        return int(found)

    wait_until(lambda: tries() > 1, timeout=60)
    story.keep("hamster")

    provider.reply = good
    story.subjects[stubborn["id"]] = "Wool"
    story.expect_everything()
