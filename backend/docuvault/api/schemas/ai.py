"""Bodies about the AI provider; keys go in and never come out."""

from enum import StrEnum
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr, StringConstraints

from docuvault.ai.addresses import MAX_URL_CHARACTERS
from docuvault.ai.choice import KeySource, ProviderName
from docuvault.api.schemas.base import Keepable, RequestBody, ResponseBody

MAX_PROMPT_CHARACTERS = 4000
MAX_TEXT_CHARACTERS = 100_000
MIN_TEXT_CHARACTERS = 200


def _header_safe(key: SecretStr) -> SecretStr:
    if not all("!" <= character <= "~" for character in key.get_secret_value()):
        raise ValueError("must be printable ASCII without spaces")
    return key


class AISource(StrEnum):
    """Who says which provider is asked."""

    ENVIRONMENT = "environment"
    STORED = "stored"


class AISettingsIn(RequestBody):
    """The provider to be asked from now on."""

    provider: ProviderName
    model: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200), Keepable] = (
        Field("", description="Required for every provider but `local`.")
    )
    base_url: Annotated[
        str, StringConstraints(strip_whitespace=True, max_length=MAX_URL_CHARACTERS), Keepable
    ] = Field("", description="Empty for the provider's usual address.")
    system_prompt: Annotated[
        str,
        StringConstraints(strip_whitespace=True, max_length=MAX_PROMPT_CHARACTERS),
        Keepable,
    ] = Field("", description="Takes the place of the sentence about the model's job.")
    max_characters: int = Field(
        8000,
        ge=MIN_TEXT_CHARACTERS,
        le=MAX_TEXT_CHARACTERS,
        description="Characters of a document that the provider is shown.",
    )
    api_key: Annotated[
        SecretStr | None,
        Field(min_length=1, max_length=500),
        AfterValidator(lambda key: None if key is None else _header_safe(key)),
    ] = Field(
        None,
        description="Left out: the kept key stays, as long as provider and host do."
        " `null`: it is forgotten.",
    )


class AIDefaults(ResponseBody):
    """What stands in for what is left empty."""

    anthropic_base_url: str
    openai_base_url: str
    ollama_base_url: str
    system_prompt: str


class AISettingsOut(ResponseBody):
    """The choice that stands; never its key."""

    source: AISource
    provider: ProviderName
    model: str
    base_url: str
    host: str
    system_prompt: str
    max_characters: int
    has_key: bool
    key_source: KeySource
    in_force: bool = Field(
        description="Whether the provider can be asked; else `problem` says why."
    )
    problem: str | None
    text_leaves_the_vault: bool
    defaults: AIDefaults


class AITrialOut(ResponseBody):
    """How a connection test went."""

    ok: bool
    sentence: str
    latency_ms: float = Field(ge=0)
