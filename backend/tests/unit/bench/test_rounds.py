"""The arithmetic of comparisons: what counts, what is dropped, which way a ratio goes."""

from collections.abc import Callable, Iterator

import pytest

from tests.bench import rounds
from tests.bench.rounds import calibrate, compare


def in_turn(values: list[float]) -> Callable[[], float]:
    """A measurement that gives one value after the other."""
    left = iter(values)
    return lambda: next(left)


@pytest.fixture
def calibrations(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long the fixed piece of work takes in each round; steady unless changed."""
    seconds = [0.03] * 7
    given: Iterator[float] = iter(seconds)
    monkeypatch.setattr(rounds, "calibrate", lambda: next(given))
    return seconds


@pytest.mark.usefixtures("calibrations")
def test_ours_is_divided_by_the_reference_and_medians_are_taken() -> None:
    found = compare(
        in_turn([0, 10, 20, 30, 40, 50, 60, 700]), in_turn([0, 10, 10, 10, 10, 10, 10, 10])
    )

    assert found.ratio == 4
    assert (found.least, found.most) == (1, 70)
    assert (found.ours, found.reference, found.rounds) == (40, 10, 7)


@pytest.mark.usefixtures("calibrations")
def test_the_ratio_is_the_median_of_ratios_not_the_ratio_of_medians() -> None:
    found = compare(in_turn([0, 1, 20, 300]), in_turn([0, 1, 10, 1000]), rounds=3)

    assert found.ratio == 1


@pytest.mark.usefixtures("calibrations")
def test_the_first_measurement_of_each_side_only_warms_up() -> None:
    found = compare(in_turn([1000, 2, 2, 2]), in_turn([0.001, 1, 1, 1]), rounds=3)

    assert (found.least, found.most) == (2, 2)


@pytest.mark.usefixtures("calibrations")
def test_each_side_goes_first_in_every_second_round() -> None:
    order: list[str] = []

    def side(name: str) -> Callable[[], float]:
        def measure() -> float:
            order.append(name)
            return 1.0

        return measure

    compare(side("ours"), side("reference"), rounds=3)

    assert order[2:] == ["ours", "reference", "reference", "ours", "ours", "reference"]


def test_rounds_in_which_the_machine_was_slow_are_dropped(calibrations: list[float]) -> None:
    calibrations[1] = 0.06
    calibrations[4] = 0.02

    found = compare(in_turn([0, 1, 99, 1, 1, 99, 1, 1]), in_turn([1] * 8))

    assert found.rounds == 5
    assert not found.unsteady
    assert found.most == 1


def test_all_rounds_count_when_too_few_were_steady_and_that_is_said(
    calibrations: list[float],
) -> None:
    calibrations[:] = [0.03, 0.06, 0.03, 0.01, 0.03, 0.09, 0.03]

    found = compare(in_turn([1] * 8), in_turn([1] * 8))

    assert (found.rounds, found.unsteady) == (7, True)


def test_calibrating_takes_time() -> None:
    assert calibrate() > 0
