"""Asks Anthropic's models; the answer comes as the input of the one tool that is offered."""

import json
import logging

import anthropic
from anthropic import AsyncAnthropic
from pydantic import SecretStr

from docuvault.ai.provider import Question, UnusableAnswer, refused, too_slow, unreachable
from docuvault.ai.provider_http import create_http_client, unusable_answer_behind

_BASE_URL = "https://api.anthropic.com"
_TOOL = "file_document"
_MAX_TOKENS = 2048

# On the level DEBUG the library logs whole requests, and those hold people's documents.
logging.getLogger("anthropic").setLevel(logging.WARNING)


class AnthropicProvider:
    """One model of the Messages API."""

    def __init__(
        self, *, api_key: SecretStr, model: str, timeout: float, base_url: str = _BASE_URL
    ) -> None:
        self._model = model
        self._client = AsyncAnthropic(
            api_key=api_key.get_secret_value(),
            base_url=base_url,
            timeout=timeout,
            max_retries=0,
            http_client=create_http_client(timeout),
        )

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
            raise unusable_answer_behind(error) or unreachable() from error
        except (anthropic.AnthropicError, ValueError) as error:
            raise UnusableAnswer("The answer was not of the provider's own form.") from error
        # The library does not check what servers send, so nothing here is certain.
        for block in getattr(message, "content", None) or []:
            if block.type == "tool_use":
                return json.dumps(block.input)
            if block.type == "text":
                return str(block.text)
        raise UnusableAnswer("The answer was empty.")

    async def close(self) -> None:
        """Give back connections."""
        await self._client.close()
