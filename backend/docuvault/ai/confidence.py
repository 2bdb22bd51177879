"""Turns cosines into calibrated confidences: how sure, not just which topic is nearest."""

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.float64]

# Fitted by logistic regression on news of thirty topics: random sets of 1 to 12 offered topics,
# with descriptions, names only or meaningless names, 0 to 16 examples each, half of the documents
# belonging to none of them; both offsets were then lowered by 0.6, since real vaults mix subjects
# that are further apart than news. `tests.quality.topics` measures what it is worth. In both
# models a topic gains by being near and loses by having a near rival.
_DESCRIPTION_NEARNESS = 18.3
_DESCRIPTION_RIVALRY = 14.0
_DESCRIPTION_OFFSET = 2.0
_EXAMPLE_NEARNESS = 19.2
_EXAMPLE_RIVALRY = 8.9
_EXAMPLE_ODDS = 0.5
_EXAMPLE_OFFSET = 5.4

# Rivals count by a soft maximum, so that two equal ones weigh little more than one; the floor
# stands for the topics that nobody has thought of.
_RIVAL_SHARPNESS = 20.0
_RIVAL_FLOOR = 0.1

# With so many examples they and the description are believed in equal parts.
_EVEN_EXAMPLES = 2.0


def topic_odds(
    cosines: Numbers, nearness: Numbers, model_odds: Numbers, counts: NDArray[np.int64]
) -> Numbers:
    """Log-odds that a document belongs to each of n topics; all arrays are of shape (n,).

    `cosines` are with the topics' own vectors; `nearness` is with the centres of their examples,
    or again with their own vectors where there are none; `model_odds` are the log-odds of a model
    trained on the examples, 0 where there is none; `counts` are the numbers of examples.
    """
    by_description = (
        _DESCRIPTION_NEARNESS * cosines
        - _DESCRIPTION_RIVALRY * _rivals(cosines)
        - _DESCRIPTION_OFFSET
    )
    by_examples = (
        _EXAMPLE_NEARNESS * nearness
        - _EXAMPLE_RIVALRY * _rivals(nearness)
        + _EXAMPLE_ODDS * model_odds
        - _EXAMPLE_OFFSET
    )
    trust = counts / (counts + _EVEN_EXAMPLES)
    odds: Numbers = (1 - trust) * by_description + trust * by_examples
    return odds


def to_confidence(log_odds: Numbers) -> Numbers:
    """Probabilities of log-odds."""
    confidence: Numbers = 1.0 / (1.0 + np.exp(-np.clip(log_odds, -30.0, 30.0)))
    return confidence


def _rivals(cosines: Numbers) -> Numbers:
    """For each topic, how near its nearest rivals are."""
    weights = np.exp(_RIVAL_SHARPNESS * cosines)
    others = weights.sum() - weights + np.exp(_RIVAL_SHARPNESS * _RIVAL_FLOOR)
    rivals: Numbers = np.log(others) / _RIVAL_SHARPNESS
    return rivals
