"""The port of remote providers: one question in, one text out; and what their failures mean."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import httpx2

from docuvault.domain.errors import (
    DependencyUnavailable,
    DocuVaultError,
    ErrorCode,
    ProcessingFailed,
)

# A useful answer has a few hundred bytes; envelopes of talkative servers some thousands.
MAX_RESPONSE_BYTES = 1024 * 1024

_STATUS_UNAUTHORIZED = frozenset({401, 403})
_STATUS_PASSING = frozenset({402, 408, 409, 425, 429})


class UnusableAnswer(Exception):
    """The provider answered, but not with what was asked for; the message says what was wrong."""


@dataclass(frozen=True, slots=True)
class Question:
    """What a provider is asked: rules, the document as data, and the schema of the answer."""

    system: str
    prompt: str
    schema: Mapping[str, Any]


class Provider(Protocol):
    """A language model behind HTTP. Every call is made once; the queue tries again later.

    Raises `DependencyUnavailable(ai_unavailable)`, `ProcessingFailed(ai_invalid_output)` when the
    request itself is refused, and `UnusableAnswer`.
    """

    async def ask(self, question: Question) -> str:
        """The answer's text, which should be JSON of the question's schema."""
        ...

    async def ping(self) -> None:
        """Look whether the provider is there and takes the key; no document is shown to it."""
        ...

    async def close(self) -> None:
        """Give back connections."""
        ...


def unreachable() -> DocuVaultError:
    """No connection, or it broke."""
    return DependencyUnavailable(ErrorCode.AI_UNAVAILABLE)


def too_slow() -> DocuVaultError:
    """No answer in time."""
    return DependencyUnavailable(
        ErrorCode.AI_UNAVAILABLE, "The AI provider took too long to answer."
    )


def refused(status: int) -> DocuVaultError:
    """What a response of another status than success means."""
    if status in _STATUS_UNAUTHORIZED:
        return DependencyUnavailable(
            ErrorCode.AI_UNAVAILABLE, "The AI provider refused the configured key."
        )
    if status == httpx2.codes.NOT_FOUND:
        return DependencyUnavailable(
            ErrorCode.AI_UNAVAILABLE, "The AI provider does not know the configured model."
        )
    if status == httpx2.codes.TOO_MANY_REQUESTS:
        return DependencyUnavailable(
            ErrorCode.AI_UNAVAILABLE, "The AI provider wants fewer requests just now."
        )
    if status >= 500 or 300 <= status < 400 or status in _STATUS_PASSING:
        return DependencyUnavailable(ErrorCode.AI_UNAVAILABLE)
    return ProcessingFailed(
        ErrorCode.AI_INVALID_OUTPUT, "The AI provider did not accept the request."
    )
