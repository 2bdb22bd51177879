"""Comparing with a reference in the same run: interleaved rounds, medians of ratios.

A machine is faster in one minute than in the next; a ratio of two measurements taken side by side
stays. A round in which the machine itself was slow (a fixed piece of work took longer) is dropped.
"""

import hashlib
import time
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median

from tests.bench.workplace import ROUNDS, on_cores, server_cores

LEAST_ROUNDS = 5
# How far a round's calibration may lie from the median of all.
TOLERANCE = 0.15


@dataclass(frozen=True, slots=True)
class Comparison:
    """What rounds gave: medians of both sides and of their ratio, with its extremes.

    `ours` and `reference` are in the unit that the measurements return; `ratio` is ours divided by
    the reference. `unsteady` says that the machine changed its speed too often to leave rounds out,
    so that all count.
    """

    ours: float
    reference: float
    ratio: float
    least: float
    most: float
    rounds: int
    unsteady: bool = False


def compare(
    ours: Callable[[], float], reference: Callable[[], float], rounds: int = ROUNDS
) -> Comparison:
    """Measure both by turns; the first round warms up and does not count."""
    ours()
    reference()
    taken: list[tuple[float, float, float]] = []
    for number in range(rounds):
        calibration = calibrate()
        # Each side goes first in every second round.
        if number % 2:
            second = reference()
            first = ours()
        else:
            first = ours()
            second = reference()
        taken.append((calibration, first, second))
    steady = _steady(taken)
    unsteady = len(steady) < min(LEAST_ROUNDS, len(taken))
    if unsteady:
        steady = taken
    ratios = sorted(first / second for _, first, second in steady)
    return Comparison(
        ours=median(first for _, first, _ in steady),
        reference=median(second for _, _, second in steady),
        ratio=median(ratios),
        least=ratios[0],
        most=ratios[-1],
        rounds=len(steady),
        unsteady=unsteady,
    )


def calibrate() -> float:
    """Seconds that a fixed piece of work takes now on the core where both sides are measured."""
    with on_cores(server_cores()):
        started = time.perf_counter()
        digest = hashlib.sha256()
        block = bytes(1 << 20)
        for _ in range(40):
            digest.update(block)
        return time.perf_counter() - started


def _steady(taken: list[tuple[float, float, float]]) -> list[tuple[float, float, float]]:
    """The rounds in which the machine was as fast as it mostly was."""
    usual = median(calibration for calibration, _, _ in taken)
    return [one for one in taken if abs(one[0] / usual - 1) <= TOLERANCE]
