"""Makes the embedder, and the classifier of a choice."""

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from docuvault.ai.addresses import AddressRefused, origin_of
from docuvault.ai.base import Classifier, Embedder
from docuvault.ai.choice import ProviderChoice, environment_address, environment_choice
from docuvault.ai.guard import OutboundGuard
from docuvault.ai.local import LocalEmbedder
from docuvault.ai.local_classifier import LocalClassifier
from docuvault.config.settings import AISettings, Settings
from docuvault.domain.errors import ConfigurationError

if TYPE_CHECKING:
    import httpx2

    from docuvault.ai.provider import Provider

_ADDRESS_SETTING = {
    "openai": "DOCUVAULT_AI__OPENAI_BASE_URL",
    "ollama": "DOCUVAULT_AI__OLLAMA_BASE_URL",
}
_KEY_SETTING = {
    "anthropic": "DOCUVAULT_AI__ANTHROPIC_API_KEY",
    "openai": "DOCUVAULT_AI__OPENAI_API_KEY",
}


def create_embedder(settings: Settings) -> Embedder:
    """The embedder; its model is prepared and loaded on first use. Nothing to be closed."""
    return LocalEmbedder(settings.model_dir, settings.ai.threads)


def checked_environment(settings: AISettings) -> ProviderChoice:
    """What the environment asks for; raises ConfigurationError naming the setting that lacks."""
    choice = environment_choice(settings)
    if choice.provider == "local":
        return choice
    if not choice.model:
        raise ConfigurationError("DOCUVAULT_AI__MODEL must name the provider's model.")
    # An address may hold a password, so its text stays out of the error.
    if not _is_usable(choice.base_url):
        setting = _ADDRESS_SETTING[choice.provider]
        raise ConfigurationError(f"{setting} must be an address with http:// or https://.")
    if choice.needs_key and choice.api_key is None:
        raise ConfigurationError(f"{_KEY_SETTING[choice.provider]} is not set.")
    return choice


class ClassifierFactory:
    """Makes classifiers of choices; all share one local classifier and one guard."""

    def __init__(self, settings: AISettings, local: LocalClassifier, guard: OutboundGuard) -> None:
        self._settings = settings
        self._local = local
        self._guard = guard

    def create(self, choice: ProviderChoice) -> Classifier:
        """The classifier of a choice, to be closed; opens no connection before its first call.

        What lacks something is made too, and says what with `DependencyUnavailable` when it is
        called.
        """
        if choice.provider == "local":
            return self._local
        from docuvault.ai.remote_classifier import RemoteClassifier, UnusableClassifier

        if choice.problem is not None:
            return UnusableClassifier(choice.problem)
        timeout = self._settings.timeout
        try:
            provider = _create_provider(choice, timeout, self._transport(choice))
        except AddressRefused as error:
            return UnusableClassifier(str(error))
        return RemoteClassifier(provider, choice, timeout)

    def _transport(self, choice: ProviderChoice) -> "httpx2.AsyncBaseTransport | None":
        """The guarded way out for what people typed in; the environment's own address is free."""
        if is_of_environment(choice, self._settings):
            return None
        from docuvault.ai.outbound import GuardedTransport

        return GuardedTransport(origin_of(choice.base_url), self._guard)


def is_of_environment(choice: ProviderChoice, settings: AISettings) -> bool:
    """Whether a choice's address is one that the environment itself names for its provider."""
    own = environment_address(settings, choice.provider)
    return not choice.is_stored or choice.base_url.rstrip("/") == own.rstrip("/")


def _create_provider(
    choice: ProviderChoice, timeout: float, transport: "httpx2.AsyncBaseTransport | None"
) -> "Provider":
    # The libraries of providers weigh tens of megabytes, so each is loaded only when chosen.
    match choice.provider:
        case "anthropic":
            from docuvault.ai.anthropic import AnthropicProvider

            if choice.api_key is None:
                raise TypeError("A choice without its key has been called usable.")
            return AnthropicProvider(
                api_key=choice.api_key,
                model=choice.model,
                timeout=timeout,
                base_url=choice.base_url,
                transport=transport,
            )
        case "openai":
            from docuvault.ai.openai_compatible import OpenAICompatibleProvider

            return OpenAICompatibleProvider(
                base_url=choice.base_url,
                api_key=choice.api_key,
                model=choice.model,
                timeout=timeout,
                transport=transport,
            )
        case "ollama":
            from docuvault.ai.ollama import OllamaProvider

            return OllamaProvider(
                base_url=choice.base_url, model=choice.model, timeout=timeout, transport=transport
            )
        case _:
            raise TypeError("The local classifier asks no provider.")


def _is_usable(url: str) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
