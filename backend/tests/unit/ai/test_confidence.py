"""Confidences: a near topic gains, a rival takes away, and examples outgrow the description."""

import numpy as np
import pytest

from docuvault.ai.confidence import to_confidence, topic_odds


def confidences(*cosines: float) -> list[float]:
    """Of topics that have no examples."""
    near = np.array(cosines)
    none = np.zeros(len(cosines))
    return [float(value) for value in to_confidence(topic_odds(near, near, none, none.astype(int)))]


def with_examples(count: int, cosine: float, nearness: float, odds: float = 0.0) -> float:
    """Of one topic that has examples."""
    found = topic_odds(
        np.array([cosine]), np.array([nearness]), np.array([odds]), np.array([count])
    )
    return float(to_confidence(found)[0])


def test_nearness_raises_confidence_without_end() -> None:
    rising = [confidences(cosine)[0] for cosine in (-0.2, 0.0, 0.1, 0.15, 0.3, 0.4, 0.6, 1.0)]
    assert rising == sorted(rising)
    assert rising[1] < 0.05
    assert rising[3] < 0.5 < rising[4]
    assert rising[-1] < 1


def test_a_lone_topic_is_not_chosen_for_want_of_others() -> None:
    assert confidences(0.1)[0] < 0.2


def test_a_rival_takes_confidence_away() -> None:
    assert confidences(0.35, 0.05)[0] > confidences(0.35, 0.3)[0] > confidences(0.35, 0.5)[0]


def test_the_order_is_that_of_the_cosines() -> None:
    cosines = [0.3, 0.1, 0.45, -0.1, 0.2]
    assert np.argsort(confidences(*cosines)).tolist() == np.argsort(cosines).tolist()


def test_two_strong_topics_may_both_be_right() -> None:
    near = np.array([0.65, 0.64, 0.1])
    odds = topic_odds(near, near, np.array([0.0, 0.0, -4.0]), np.array([16, 16, 16]))
    first, second, third = to_confidence(odds)
    assert first > second > 0.5 > third


def test_examples_outgrow_a_name_that_says_nothing() -> None:
    rising = [with_examples(count, 0.0, 0.6, 2.0) for count in (0, 1, 2, 4, 8, 16)]
    assert rising == sorted(rising)
    assert rising[0] < 0.05
    assert rising[-1] > 0.5


def test_examples_outgrow_a_name_that_misleads() -> None:
    falling = [with_examples(count, 0.45, 0.1, -3.0) for count in (0, 1, 2, 4, 8, 16)]
    assert falling == sorted(falling, reverse=True)
    assert falling[0] > 0.5 > falling[-1]


@pytest.mark.parametrize("odds", [1e9, -1e9, 0.0])
def test_confidence_is_a_share(odds: float) -> None:
    assert 0 <= to_confidence(np.array([odds]))[0] <= 1
