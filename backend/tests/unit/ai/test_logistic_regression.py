"""Our fit against that of a library, which is a yardstick here and not part of the product."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression as Yardstick

from docuvault.ai.logistic_regression import Floats, fit_logistic_regression, minimum

_INVERSE_PENALTY = 10.0


def groups(classes: int, each: int, noise: float, seed: int = 0) -> tuple[Floats, np.ndarray]:
    """Unit vectors around one centre per class, and their labels."""
    random = np.random.default_rng(seed)
    centres = random.normal(size=(classes, 64))
    labels = np.repeat(np.arange(classes), each)
    vectors = centres[labels] + noise * random.normal(size=(len(labels), 64))
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True), labels


@pytest.mark.parametrize(
    ("classes", "each", "noise"),
    [(2, 1, 0.5), (2, 40, 3.0), (3, 2, 1.0), (8, 16, 2.0), (20, 50, 3.0)],
)
def test_it_agrees_with_the_library(classes: int, each: int, noise: float) -> None:
    vectors, labels = groups(classes, each, noise)
    unseen, _ = groups(classes, 5, noise, seed=1)
    yardstick = Yardstick(C=_INVERSE_PENALTY, max_iter=5000, tol=1e-8).fit(vectors, labels)

    model = fit_logistic_regression(vectors, labels, _INVERSE_PENALTY)

    for vector, expected in zip(unseen, yardstick.predict_proba(unseen), strict=True):
        assert model.probabilities(vector) == pytest.approx(expected, abs=1e-3)


def test_the_same_vector_in_two_classes_belongs_to_both() -> None:
    vectors = np.tile(np.eye(4)[0], (2, 1))

    model = fit_logistic_regression(vectors, np.array([0, 1]), _INVERSE_PENALTY)

    assert model.probabilities(vectors[0]) == pytest.approx([0.5, 0.5], abs=1e-6)


def test_a_larger_class_is_likelier_where_nothing_else_is_known() -> None:
    vectors = np.zeros((4, 3))

    model = fit_logistic_regression(vectors, np.array([0, 0, 0, 1]), _INVERSE_PENALTY)

    assert model.probabilities(np.zeros(3)) == pytest.approx([0.75, 0.25], abs=1e-4)


def test_the_least_place_of_a_stretched_bowl_is_found() -> None:
    stretches = np.logspace(0, 4, 30)
    centre = np.linspace(-2, 3, 30)

    def bowl(place: Floats) -> tuple[float, Floats]:
        off = place - centre
        return float((stretches * off**2).sum() / 2), stretches * off

    assert minimum(bowl, np.zeros(30)) == pytest.approx(centre, abs=1e-4)
