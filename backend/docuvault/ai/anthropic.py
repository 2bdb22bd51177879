"""Asks Anthropic's models; the answer comes as the input of the one tool that is offered."""

import json
import logging

import anthropic
import httpx2
from anthropic import AsyncAnthropic
from pydantic import SecretStr

from docuvault.ai.choice import ANTHROPIC_BASE_URL
from docuvault.ai.provider import Question, UnusableAnswer, refused, too_slow, unreachable
from docuvault.ai.provider_http import create_http_client, failure_behind, ping

_API_VERSION = "2023-06-01"
_TOOL = "file_document"
_MAX_TOKENS = 2048

# On the level DEBUG the library logs whole requests, and those hold people's documents.
logging.getLogger("anthropic").setLevel(logging.WARNING)


class AnthropicProvider:
    """One model of the Messages API."""

    def __init__(
        self,
        *,
        api_key: SecretStr,
        model: str,
        timeout: float,
        base_url: str = ANTHROPIC_BASE_URL,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self._model = model
        self._api_key = api_key
        self._models_url = f"{base_url.rstrip('/')}/v1/models?limit=1"
        self._http = create_http_client(timeout, transport)
        self._client = AsyncAnthropic(
            api_key=api_key.get_secret_value(),
            base_url=base_url,
            timeout=timeout,
            max_retries=0,
            http_client=self._http,
        )
        # The library fills these from the environment, where only the settings have a say.
        self._client._custom_headers = {}

    async def ask(self, question: Question) -> str:
        """The tool's input as JSON, or the text when the model preferred to talk."""
        try:
            message = await self._client.messages.create(
                model=self._model,
                max_tokens=_MAX_TOKENS,
                system=question.system,
                messages=[{"role": "user", "content": question.prompt}],
                tools=[
                    {
                        "name": _TOOL,
                        "description": "Say which topics the document belongs to.",
                        "input_schema": dict(question.schema),
                    }
                ],
                tool_choice={"type": "tool", "name": _TOOL},
            )
        except anthropic.APITimeoutError as error:
            raise too_slow() from error
        except anthropic.APIStatusError as error:
            raise refused(error.status_code) from error
        except anthropic.APIConnectionError as error:
            raise failure_behind(error) or unreachable() from error
        except (anthropic.AnthropicError, ValueError) as error:
            raise UnusableAnswer("The answer was not of the provider's own form.") from error
        # The library does not check what servers send, so nothing here is certain.
        for block in getattr(message, "content", None) or []:
            if block.type == "tool_use":
                return json.dumps(block.input)
            if block.type == "text":
                return str(block.text)
        raise UnusableAnswer("The answer was empty.")

    async def ping(self) -> None:
        """Ask for the name of one model."""
        key = self._api_key.get_secret_value()
        headers = {"x-api-key": key, "anthropic-version": _API_VERSION}
        await ping(self._http, self._models_url, headers)

    async def close(self) -> None:
        """Give back connections."""
        await self._client.close()
