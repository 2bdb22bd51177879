"""Logistic regression on vectors, fitted by L-BFGS; a library for it weighs 200 MB with its own."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
# The value of a function and its slope.
Objective = Callable[[Floats], tuple[float, Floats]]

# Steps that the curvature is guessed from.
_MEMORY = 10
_MAX_ITERATIONS = 1000
_FLAT = 1e-5
# Of what the slope promises, the share that a step must bring; how often it is halved to do so.
_SUFFICIENT = 1e-4
_HALVINGS = 30


@dataclass(frozen=True, slots=True)
class LogisticRegression:
    """`weights` of shape (classes, dimensions) and `offsets` of shape (classes,)."""

    weights: Floats
    offsets: Floats

    def probabilities(self, vector: NDArray[np.floating]) -> Floats:
        """The share of each class; they sum up to 1."""
        odds: Floats = (self.weights @ vector + self.offsets)[np.newaxis]
        shares: Floats = _softmax(odds)[0]
        return shares


def fit_logistic_regression(
    vectors: NDArray[np.floating], labels: NDArray[np.integer], inverse_penalty: float
) -> LogisticRegression:
    """Fit to vectors of shape (n, dimensions) with labels 0, 1, ... below the number of classes.

    Minimises the summed log loss plus half the squared weights divided by `inverse_penalty`; of two
    classes, only the difference of their weights counts. Offsets are free.
    """
    inputs = np.asarray(vectors, np.float64)
    count, dimensions = inputs.shape
    classes = int(labels.max()) + 1
    wanted = np.eye(classes)[labels]
    penalty = (2.0 if classes == 2 else 1.0) / (inverse_penalty * count)

    def objective(parameters: Floats) -> tuple[float, Floats]:
        weights = parameters[:, :-1]
        shares = _softmax(inputs @ weights.T + parameters[:, -1])
        chances = np.maximum((shares * wanted).sum(axis=1), np.finfo(np.float64).tiny)
        loss = -np.log(chances).mean() + 0.5 * penalty * (weights**2).sum()
        errors = (shares - wanted) / count
        slope = np.empty_like(parameters)
        slope[:, :-1] = errors.T @ inputs + penalty * weights
        slope[:, -1] = errors.sum(axis=0)
        return float(loss), slope

    found = minimum(objective, np.zeros((classes, dimensions + 1)))
    return LogisticRegression(found[:, :-1], found[:, -1])


def minimum(objective: Objective, start: Floats) -> Floats:
    """Where a smooth convex function is least, by L-BFGS with a backtracking line search."""
    place = start
    value, slope = objective(place)
    memory: deque[tuple[Floats, Floats]] = deque(maxlen=_MEMORY)
    for _ in range(_MAX_ITERATIONS):
        if np.abs(slope).max() <= _FLAT:
            break
        direction = _direction(slope, memory)
        promised = float(np.vdot(direction, slope))
        for halvings in range(_HALVINGS):
            step = direction * 0.5**halvings
            next_value, next_slope = objective(place + step)
            if next_value <= value + _SUFFICIENT * promised * 0.5**halvings:
                break
        else:
            break  # as low as the precision of numbers allows
        change = next_slope - slope
        if np.vdot(step, change) > 0:
            memory.append((step, change))
        place, value, slope = place + step, next_value, next_slope
    return place


def _direction(slope: Floats, memory: deque[tuple[Floats, Floats]]) -> Floats:
    """Downhill, bent by the curvature that the last steps have shown (the two-loop recursion)."""
    direction = -slope
    if not memory:
        return direction / max(1.0, float(np.linalg.norm(slope)))
    shares = []
    for step, change in reversed(memory):
        share = np.vdot(step, direction) / np.vdot(step, change)
        direction = direction - share * change
        shares.append(share)
    step, change = memory[-1]
    direction = direction * (np.vdot(step, change) / np.vdot(change, change))
    for (step, change), share in zip(memory, reversed(shares), strict=True):
        correction = np.vdot(change, direction) / np.vdot(step, change)
        direction = direction + (share - correction) * step
    return direction


def _softmax(odds: Floats) -> Floats:
    powers = np.exp(odds - odds.max(axis=1, keepdims=True))
    shares: Floats = powers / powers.sum(axis=1, keepdims=True)
    return shares
