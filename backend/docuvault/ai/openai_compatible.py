"""Asks OpenAI or any server that speaks its chat completions, such as LM Studio."""

import logging
from typing import Any

import httpx2
import openai
from openai import AsyncOpenAI, Omit, omit
from pydantic import SecretStr

from docuvault.ai.provider import Question, UnusableAnswer, refused, too_slow, unreachable
from docuvault.ai.provider_http import create_http_client, failure_behind, ping

# The library wants a key even for servers that want none.
_NO_KEY = "none"
_STATUS_FORMAT_REFUSED = frozenset({400, 422, 501})

# On the level DEBUG the library logs whole requests, and those hold people's documents.
logging.getLogger("openai").setLevel(logging.WARNING)


class OpenAICompatibleProvider:
    """One model behind `base_url`; servers that refuse a schema are asked without it."""

    def __init__(
        self,
        *,
        base_url: str,
        api_key: SecretStr | None,
        model: str,
        timeout: float,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self._model = model
        self._api_key = api_key
        self._models_url = f"{base_url.rstrip('/')}/models"
        self._http = create_http_client(timeout, transport)
        self._schema_refused = False
        self._client = AsyncOpenAI(
            api_key=api_key.get_secret_value() if api_key is not None else _NO_KEY,
            base_url=base_url,
            timeout=timeout,
            max_retries=0,
            http_client=self._http,
        )
        # The library fills these from the environment, where only the settings have a say.
        self._client.organization = None
        self._client.project = None
        self._client._custom_headers = {}

    async def ask(self, question: Question) -> str:
        """The text of the first choice."""
        if not self._schema_refused:
            try:
                return await self._complete(question, _response_format(question))
            except openai.APIStatusError as error:
                if error.status_code not in _STATUS_FORMAT_REFUSED:
                    raise refused(error.status_code) from error
        try:
            text = await self._complete(question, omit)
        except openai.APIStatusError as error:
            raise refused(error.status_code) from error
        self._schema_refused = True
        return text

    async def ping(self) -> None:
        """Ask for the names of the models."""
        key = self._api_key
        headers = {"Authorization": f"Bearer {key.get_secret_value()}"} if key is not None else None
        await ping(self._http, self._models_url, headers)

    async def close(self) -> None:
        """Give back connections."""
        await self._client.close()

    async def _complete(self, question: Question, response_format: Any | Omit) -> str:
        try:
            completion = await self._client.chat.completions.create(
                model=self._model,
                messages=[
                    {"role": "system", "content": question.system},
                    {"role": "user", "content": question.prompt},
                ],
                response_format=response_format,
            )
        except openai.APIStatusError:
            raise
        except openai.APITimeoutError as error:
            raise too_slow() from error
        except openai.APIConnectionError as error:
            raise failure_behind(error) or unreachable() from error
        except (openai.OpenAIError, ValueError) as error:
            raise UnusableAnswer("The answer was not of the provider's own form.") from error
        # The library does not check what servers send, so nothing here is certain.
        choices = getattr(completion, "choices", None) or []
        text = getattr(choices[0].message, "content", None) if choices else None
        if not isinstance(text, str) or not text.strip():
            raise UnusableAnswer("The answer was empty.")
        return text


def _response_format(question: Question) -> dict[str, Any]:
    return {
        "type": "json_schema",
        "json_schema": {"name": "topics", "strict": True, "schema": dict(question.schema)},
    }
