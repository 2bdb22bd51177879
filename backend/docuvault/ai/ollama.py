"""Asks a model that Ollama runs; the schema constrains what it can say."""

from urllib.parse import urljoin

import httpx2

from docuvault.ai.provider import Question, UnusableAnswer, refused, too_slow, unreachable
from docuvault.ai.provider_http import create_http_client, ping


class OllamaProvider:
    """One model of an Ollama server."""

    def __init__(
        self,
        *,
        base_url: str,
        model: str,
        timeout: float,
        transport: httpx2.AsyncBaseTransport | None = None,
    ) -> None:
        self._model = model
        self._url = urljoin(base_url.rstrip("/") + "/", "api/chat")
        self._tags_url = urljoin(base_url.rstrip("/") + "/", "api/tags")
        self._client = create_http_client(timeout, transport)

    async def ask(self, question: Question) -> str:
        """The text of the message."""
        body = {
            "model": self._model,
            "messages": [
                {"role": "system", "content": question.system},
                {"role": "user", "content": question.prompt},
            ],
            "format": dict(question.schema),
            "stream": False,
            "options": {"temperature": 0},
        }
        try:
            response = await self._client.post(self._url, json=body)
        except httpx2.TimeoutException as error:
            raise too_slow() from error
        except httpx2.HTTPError as error:
            raise unreachable() from error
        if not response.is_success:
            raise refused(response.status_code)
        try:
            text = response.json()["message"]["content"]
        except (ValueError, LookupError, TypeError, RecursionError) as error:
            raise UnusableAnswer("The answer was not of the provider's own form.") from error
        if not isinstance(text, str) or not text.strip():
            raise UnusableAnswer("The answer was empty.")
        return text

    async def ping(self) -> None:
        """Ask for the names of the models that were pulled."""
        await ping(self._client, self._tags_url)

    async def close(self) -> None:
        """Give back connections."""
        await self._client.aclose()
