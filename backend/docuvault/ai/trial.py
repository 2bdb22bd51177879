"""Tries a classifier out on a made-up document, for people who have just chosen a provider."""

import asyncio
import time
from dataclasses import dataclass
from uuid import UUID

import numpy as np

from docuvault.ai.base import ClassifiableDocument, Classifier, TopicProfile
from docuvault.domain.errors import DocuVaultError

TRIAL_SECONDS = 30.0

# Nothing of the vault is shown to a provider by a trial.
_TOPICS = (
    TopicProfile(UUID(int=1), "Invoices", "Bills to be paid: amount due, due date."),
    TopicProfile(UUID(int=2), "Travel", "Flights, trains, hotels and tickets."),
)
_DOCUMENT = ClassifiableDocument(
    title="Invoice 1001",
    filename="invoice-1001.txt",
    text="Example Ltd. Invoice 1001. Amount due: 20.00 EUR. Please pay within 14 days.",
    vector=np.zeros(0, np.float32),
)


@dataclass(frozen=True, slots=True)
class Trial:
    """How it went, in a sentence for people; `latency_ms` is the time of the sample question."""

    ok: bool
    sentence: str
    latency_ms: float


async def try_out(classifier: Classifier, seconds: float = TRIAL_SECONDS) -> Trial:
    """Look whether the classifier can be reached, then let it file a made-up invoice.

    Takes `seconds` at the most and raises nothing: what goes wrong is the result.
    """
    started = time.perf_counter()
    is_reached = False
    try:
        async with asyncio.timeout(seconds):
            await classifier.ping()
            is_reached = True
            started = time.perf_counter()
            found = await classifier.classify(_DOCUMENT, _TOPICS)
    except TimeoutError:
        sentence = _too_slow(is_reached, seconds)
    except DocuVaultError as error:
        sentence = f"It can be reached, but: {error.detail}" if is_reached else error.detail
    else:
        first = found.suggestions[0].topic_id if found.suggestions else None
        good = first == _TOPICS[0].id
        sentence = (
            "It works: a made-up invoice was filed under Invoices."
            if good
            else "It answers as it should, but did not file a made-up invoice under Invoices;"
            " another model may do better."
        )
        return Trial(True, sentence, _milliseconds_since(started))
    return Trial(False, sentence, _milliseconds_since(started))


def _too_slow(is_reached: bool, seconds: float) -> str:
    if is_reached:
        return (
            f"It can be reached, but did not answer a sample question within {seconds:.0f} seconds."
            " A model that is still being loaded answers later."
        )
    return f"It did not answer within {seconds:.0f} seconds."


def _milliseconds_since(started: float) -> float:
    return round((time.perf_counter() - started) * 1000, 1)
