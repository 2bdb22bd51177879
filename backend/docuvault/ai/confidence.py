"""Turns cosines into calibrated confidences: how sure, not just which topic is nearest."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

# Fitted by logistic regression on news of thirty topics: random sets of 1 to 12 offered topics,
# 0 to 16 examples each, half of the documents belonging to none of them (`tests.quality.topics`
# measures the result). A topic gains by being near and loses by having a near rival.
_NEARNESS = 22.5
_RIVALRY = 12.3
_OFFSET = 4.45
_EXAMPLE_NEARNESS = 4.15
_EXAMPLE_ODDS = 1.1
_EXAMPLE_OFFSET = 1.95

# Rivals count by a soft maximum, so that two equal ones weigh little more than one; the floor
# stands for the topics that nobody has thought of.
_RIVAL_SHARPNESS = 20.0
_RIVAL_FLOOR = 0.1

# With this many examples they are trusted half as much as with any number.
_HALF_TRUST = 4.0


def description_odds(cosines: Numbers) -> Numbers:
    """Log-odds of every topic from the cosines of a document with all topics' own vectors."""
    weights = np.exp(_RIVAL_SHARPNESS * cosines)
    others = weights.sum() - weights + np.exp(_RIVAL_SHARPNESS * _RIVAL_FLOOR)
    rivals = np.log(others) / _RIVAL_SHARPNESS
    odds: Numbers = _NEARNESS * cosines - _RIVALRY * rivals - _OFFSET
    return odds


def example_odds(counts: Sequence[int], cosines: Numbers, model_odds: Numbers) -> Numbers:
    """What examples add to the log-odds of their topics.

    `cosines` are with the centre of each topic's examples; `model_odds` are the log-odds of a
    model trained on the examples, 0 where there is none.
    """
    trust = trust_in_examples(counts)
    gain: Numbers = trust * (
        _EXAMPLE_NEARNESS * cosines + _EXAMPLE_ODDS * model_odds - _EXAMPLE_OFFSET
    )
    return gain


def trust_in_examples(counts: Sequence[int]) -> Numbers:
    """0 without examples, towards 1 with many."""
    numbers = np.asarray(counts, np.float64)
    trust: Numbers = numbers / (numbers + _HALF_TRUST)
    return trust


def to_confidence(log_odds: Numbers) -> Numbers:
    """Probabilities of log-odds."""
    confidence: Numbers = 1.0 / (1.0 + np.exp(-np.clip(log_odds, -30.0, 30.0)))
    return confidence
