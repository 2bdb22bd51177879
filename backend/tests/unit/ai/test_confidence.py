"""Confidences: a near topic gains, a rival takes away, examples count the more the more they are."""

import numpy as np
import pytest

from docuvault.ai.confidence import (
    description_odds,
    example_odds,
    to_confidence,
    trust_in_examples,
)


def confidences(*cosines: float) -> list[float]:
    return [float(value) for value in to_confidence(description_odds(np.array(cosines)))]


def test_nearness_raises_confidence_without_end() -> None:
    rising = [confidences(cosine)[0] for cosine in (-0.2, 0.0, 0.1, 0.2, 0.3, 0.4, 0.6, 1.0)]
    assert rising == sorted(rising)
    assert rising[1] < 0.02
    assert rising[3] < 0.5 < rising[5]
    assert rising[-1] < 1


def test_a_lone_topic_is_not_chosen_for_want_of_others() -> None:
    assert confidences(0.15)[0] < 0.15


def test_a_rival_takes_confidence_away() -> None:
    assert confidences(0.35, 0.05)[0] > confidences(0.35, 0.3)[0] > confidences(0.35, 0.5)[0]


def test_two_strong_topics_may_both_be_right() -> None:
    first, second, third = confidences(0.55, 0.53, 0.1)
    assert first > second > 0.5 > third


def test_the_order_is_that_of_the_cosines() -> None:
    cosines = [0.3, 0.1, 0.45, -0.1, 0.2]
    found = confidences(*cosines)
    assert np.argsort(found).tolist() == np.argsort(cosines).tolist()


def test_trust_grows_with_examples() -> None:
    trust = trust_in_examples([0, 1, 4, 16, 200])
    assert trust[0] == 0
    assert trust[2] == 0.5
    assert trust.tolist() == sorted(trust)
    assert trust[-1] < 1


def test_without_examples_nothing_is_added() -> None:
    assert example_odds([0], np.array([0.9]), np.array([5.0])).tolist() == [0.0]


@pytest.mark.parametrize("odds", [1e9, -1e9, 0.0])
def test_confidence_is_a_share(odds: float) -> None:
    assert 0 <= to_confidence(np.array([odds]))[0] <= 1
