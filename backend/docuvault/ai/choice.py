"""Which provider is asked, in one frozen value, whoever chose it."""

import hashlib
import json
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import urlsplit, urlunsplit

from pydantic import SecretStr

from docuvault.config.settings import AISettings

ProviderName = Literal["local", "anthropic", "openai", "ollama"]
KeySource = Literal["none", "stored", "environment", "unreadable"]
ANTHROPIC_BASE_URL = "https://api.anthropic.com"

_KEYED_HOST = "api.openai.com"

MODEL_MISSING = "No model is named."
KEY_MISSING = "This provider needs an API key, and none is kept."
KEY_UNREADABLE = (
    "The kept API key can no longer be read, because the vault's secret key is another one now."
    " Enter the API key again."
)


@dataclass(frozen=True, slots=True)
class ProviderChoice:
    """Who proposes topics, and how. `base_url` is empty for `local`, else always given.

    `is_stored` says that people chose it in the vault, so that its address is not trusted. The key
    comes from `key_source`; `unreadable` is one that is kept but cannot be opened any more.
    """

    provider: ProviderName
    model: str = ""
    base_url: str = ""
    api_key: SecretStr | None = field(default=None, repr=False)
    system_prompt: str = ""
    max_characters: int = 8000
    is_stored: bool = False
    key_source: KeySource = "none"

    @property
    def text_leaves_the_vault(self) -> bool:
        """Whether documents are shown to a service outside of this process."""
        return self.provider != "local"

    @property
    def host(self) -> str:
        """The provider's host name for people; empty for `local`."""
        return host_of(self.base_url) if self.provider != "local" else ""

    @property
    def problem(self) -> str | None:
        """The sentence why nobody can be asked with this, if so."""
        if self.provider == "local":
            return None
        if not self.model:
            return MODEL_MISSING
        if self.api_key is None and self.key_source == "unreadable":
            return KEY_UNREADABLE
        if self.api_key is None and self.needs_key:
            return KEY_MISSING
        return None

    @property
    def needs_key(self) -> bool:
        """Whether the provider is known to answer nobody without a key."""
        if self.provider == "openai":
            return host_of(self.base_url) == _KEYED_HOST
        return self.provider == "anthropic"

    def fingerprint(self) -> str:
        """Equal for choices that put the same question to the same model; holds no secret."""
        asked = [
            self.provider,
            self.model,
            self.base_url,
            self.system_prompt,
            self.max_characters,
        ]
        return hashlib.sha256(json.dumps(asked).encode()).hexdigest()


def environment_choice(settings: AISettings) -> ProviderChoice:
    """What the environment's settings ask for, as they are."""
    key = environment_key(settings, settings.provider)
    return ProviderChoice(
        provider=settings.provider,
        model="" if settings.provider == "local" else settings.model.strip(),
        base_url=environment_address(settings, settings.provider),
        api_key=key,
        key_source="none" if key is None else "environment",
        max_characters=settings.max_characters,
    )


def environment_address(settings: AISettings, provider: ProviderName) -> str:
    """The address at which the environment would ask this provider; empty for `local`."""
    match provider:
        case "anthropic":
            return ANTHROPIC_BASE_URL
        case "openai":
            return settings.openai_base_url
        case "ollama":
            return settings.ollama_base_url
        case _:
            return ""


def environment_key(settings: AISettings, provider: ProviderName) -> SecretStr | None:
    """The environment's key for this provider; a blank one is none."""
    key = {"anthropic": settings.anthropic_api_key, "openai": settings.openai_api_key}.get(provider)
    return key if key is not None and key.get_secret_value().strip() else None


def host_of(url: str) -> str:
    """The host name in an address; empty when there is none."""
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def shown_address(url: str) -> str:
    """An address as people may see it: without user, password and query."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
