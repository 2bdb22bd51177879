"""The factory: what a choice asks for, and a clear sentence when it asks in vain."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from docuvault.ai import factory
from docuvault.ai.choice import ProviderChoice, environment_choice
from docuvault.ai.factory import ClassifierFactory, checked_environment, create_embedder
from docuvault.ai.guard import OutboundGuard
from docuvault.ai.local import LocalEmbedder
from docuvault.ai.local_classifier import LocalClassifier
from docuvault.ai.remote_classifier import RemoteClassifier, UnusableClassifier
from docuvault.config.settings import AISettings, Settings
from docuvault.domain.errors import ConfigurationError, DependencyUnavailable, ErrorCode

BACKEND = str(Path(factory.__file__).parents[2])


def factory_of(ai: AISettings) -> tuple[ClassifierFactory, LocalClassifier]:
    local = LocalClassifier(create_embedder(Settings(ai=ai)), ai)
    return ClassifierFactory(ai, local, OutboundGuard()), local


def test_the_default_is_local_and_touches_nothing(tmp_path: Path) -> None:
    chosen = Settings(data_dir=tmp_path)
    embedder = create_embedder(chosen)
    assert isinstance(embedder, LocalEmbedder)
    assert (embedder.model_id, embedder.dimensions) == ("minilm-l6-v2-int8", 384)
    makes, local = factory_of(chosen.ai)
    choice = checked_environment(chosen.ai)
    assert not choice.text_leaves_the_vault
    assert makes.create(choice) is local
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "ai",
    [
        {"provider": "anthropic", "model": "m", "anthropic_api_key": SecretStr("k")},
        {"provider": "openai", "model": "m", "openai_api_key": SecretStr("k")},
        {"provider": "openai", "model": "m", "openai_base_url": "http://127.0.0.1:1234/v1"},
        {"provider": "ollama", "model": "m"},
    ],
)
async def test_providers_are_made_when_configured(ai: dict[str, Any]) -> None:
    settings = AISettings(**ai)
    choice = checked_environment(settings)
    assert choice.text_leaves_the_vault
    classifier = factory_of(settings)[0].create(choice)
    assert isinstance(classifier, RemoteClassifier)
    await classifier.close()


@pytest.mark.parametrize(
    ("ai", "named"),
    [
        ({"provider": "anthropic", "anthropic_api_key": SecretStr("k")}, "AI__MODEL"),
        ({"provider": "ollama", "model": "  "}, "AI__MODEL"),
        ({"provider": "anthropic", "model": "m"}, "ANTHROPIC_API_KEY"),
        ({"provider": "anthropic", "model": "m", "anthropic_api_key": SecretStr(" ")}, "ANTHROPIC"),
        ({"provider": "openai", "model": "m"}, "OPENAI_API_KEY"),
        ({"provider": "openai", "model": "m", "openai_base_url": "file:///etc/passwd"}, "OPENAI_B"),
        ({"provider": "ollama", "model": "m", "ollama_base_url": "localhost:11434"}, "OLLAMA"),
        ({"provider": "ollama", "model": "m", "ollama_base_url": "http://u:secret@h:x"}, "OLLAMA"),
    ],
)
def test_what_is_missing_is_named_and_nothing_secret_told(ai: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigurationError, match=named) as caught:
        checked_environment(AISettings(**ai))
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        (ProviderChoice("ollama", "", "https://models.example.org"), "No model"),
        (ProviderChoice("anthropic", "m", "https://api.anthropic.com"), "needs an API key"),
        (
            ProviderChoice("openai", "m", "https://h.example.org", key_source="unreadable"),
            "can no longer be read",
        ),
        (ProviderChoice("ollama", "m", "file:///etc/passwd", is_stored=True), "must look like"),
    ],
)
async def test_a_choice_that_lacks_something_asks_nobody_else(
    choice: ProviderChoice, said: str
) -> None:
    classifier = factory_of(AISettings())[0].create(choice)
    assert isinstance(classifier, UnusableClassifier)
    with pytest.raises(DependencyUnavailable, match=said) as caught:
        await classifier.ping()
    assert caught.value.code is ErrorCode.AI_UNAVAILABLE


def test_choices_differ_by_what_is_asked_and_hide_their_key() -> None:
    base = ProviderChoice("openai", "m", "https://h.example.org", SecretStr("hidden-key"))
    other = ProviderChoice("openai", "m", "https://h.example.org", SecretStr("another"))
    prompted = ProviderChoice("openai", "m", "https://h.example.org", system_prompt="You sort.")
    assert base.fingerprint() == other.fingerprint() != prompted.fingerprint()
    assert "hidden-key" not in repr(base)


def test_the_environment_names_where_it_would_ask() -> None:
    choice = environment_choice(AISettings(provider="ollama", model="m"))
    assert (choice.host, choice.is_stored) == ("127.0.0.1", False)


def test_no_heavy_library_is_loaded_unless_needed() -> None:
    program = (
        f"import sys; sys.path.insert(0, {BACKEND!r})\n"
        "from docuvault.ai.factory import ClassifierFactory, checked_environment, create_embedder\n"
        "from docuvault.ai.guard import OutboundGuard\n"
        "from docuvault.ai.local_classifier import LocalClassifier\n"
        "from docuvault.config.settings import Settings\n"
        "settings = Settings()\n"
        "local = LocalClassifier(create_embedder(settings), settings.ai)\n"
        "makes = ClassifierFactory(settings.ai, local, OutboundGuard())\n"
        "makes.create(checked_environment(settings.ai))\n"
        "heavy = {'onnx', 'onnxruntime', 'tokenizers', 'sklearn', 'openai', 'anthropic', 'torch',"
        " 'httpx2'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
