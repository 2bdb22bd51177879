"""The factory: what the settings ask for, and a clear sentence when they ask in vain."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from docuvault.ai import factory
from docuvault.ai.factory import create_classifier, create_embedder
from docuvault.ai.local import LocalEmbedder
from docuvault.ai.local_classifier import LocalClassifier
from docuvault.ai.remote_classifier import RemoteClassifier
from docuvault.config.settings import AISettings, Settings
from docuvault.domain.errors import ConfigurationError

BACKEND = str(Path(factory.__file__).parents[2])


def settings(**ai: Any) -> Settings:
    return Settings(ai=AISettings(**ai))


def test_the_default_is_local_and_touches_nothing(tmp_path: Path) -> None:
    chosen = Settings(data_dir=tmp_path)
    embedder = create_embedder(chosen)
    assert isinstance(embedder, LocalEmbedder)
    assert (embedder.model_id, embedder.dimensions) == ("minilm-l6-v2-int8", 384)
    assert isinstance(create_classifier(chosen, embedder), LocalClassifier)
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
    chosen = settings(**ai)
    classifier = create_classifier(chosen, create_embedder(chosen))
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
    chosen = settings(**ai)
    with pytest.raises(ConfigurationError, match=named) as caught:
        create_classifier(chosen, create_embedder(chosen))
    assert "secret" not in str(caught.value)


def test_no_heavy_library_is_loaded_unless_needed() -> None:
    program = (
        f"import sys; sys.path.insert(0, {BACKEND!r})\n"
        "from docuvault.ai.factory import create_classifier, create_embedder\n"
        "from docuvault.config.settings import Settings\n"
        "settings = Settings()\n"
        "create_classifier(settings, create_embedder(settings))\n"
        "heavy = {'onnx', 'onnxruntime', 'tokenizers', 'sklearn', 'openai', 'anthropic', 'torch'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
