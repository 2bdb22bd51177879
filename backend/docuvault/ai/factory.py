"""Chooses the embedder and the classifier that the settings ask for."""

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pydantic import SecretStr

from docuvault.ai.base import Classifier, Embedder
from docuvault.ai.local import LocalEmbedder
from docuvault.config.settings import AISettings, Settings
from docuvault.domain.errors import ConfigurationError

if TYPE_CHECKING:
    from docuvault.ai.provider import Provider

_KEYED_HOST = "api.openai.com"


def create_embedder(settings: Settings) -> Embedder:
    """The embedder; its model is prepared and loaded on first use. Nothing to be closed."""
    return LocalEmbedder(settings.model_dir, settings.ai.threads)


def create_classifier(settings: Settings, embedder: Embedder) -> Classifier:
    """The classifier in force; to be closed. Opens no connection before its first question.

    Raises ConfigurationError when the chosen provider lacks a model name, key or address.
    """
    if settings.ai.provider == "local":
        from docuvault.ai.local_classifier import LocalClassifier

        return LocalClassifier(embedder, settings.ai)
    from docuvault.ai.remote_classifier import RemoteClassifier

    return RemoteClassifier(_create_provider(settings.ai), settings.ai)


def _create_provider(settings: AISettings) -> "Provider":
    # The libraries of providers weigh tens of megabytes, so each is loaded only when chosen.
    model = settings.model.strip()
    if not model:
        raise ConfigurationError("DOCUVAULT_AI__MODEL must name the provider's model.")
    match settings.provider:
        case "anthropic":
            from docuvault.ai.anthropic import AnthropicProvider

            key = _given(settings.anthropic_api_key)
            if key is None:
                raise ConfigurationError("DOCUVAULT_AI__ANTHROPIC_API_KEY is not set.")
            return AnthropicProvider(api_key=key, model=model, timeout=settings.timeout)
        case "openai":
            from docuvault.ai.openai_compatible import OpenAICompatibleProvider

            url = _address(settings.openai_base_url, "DOCUVAULT_AI__OPENAI_BASE_URL")
            key = _given(settings.openai_api_key)
            if key is None and urlsplit(url).hostname == _KEYED_HOST:
                raise ConfigurationError("DOCUVAULT_AI__OPENAI_API_KEY is not set.")
            return OpenAICompatibleProvider(
                base_url=url, api_key=key, model=model, timeout=settings.timeout
            )
        case "ollama":
            from docuvault.ai.ollama import OllamaProvider

            url = _address(settings.ollama_base_url, "DOCUVAULT_AI__OLLAMA_BASE_URL")
            return OllamaProvider(base_url=url, model=model, timeout=settings.timeout)
        case _:
            raise ConfigurationError("DOCUVAULT_AI__PROVIDER names no remote provider.")


def _given(key: SecretStr | None) -> SecretStr | None:
    return key if key is not None and key.get_secret_value().strip() else None


def _address(url: str, setting: str) -> str:
    """An address that a client can use; its text stays out of the error, it may hold a password."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        usable = False
    if not usable:
        raise ConfigurationError(f"{setting} must be an address with http:// or https://.")
    return url
