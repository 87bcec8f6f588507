"""Student's t, and the intervals made with it."""

import random
import statistics

import pytest

from taskyard.simulator.intervals import interval_of, student_quantile


@pytest.mark.parametrize(
    ("probability", "freedom", "quantile"),
    [
        (0.975, 1, 12.706),
        (0.975, 2, 4.303),
        (0.975, 7, 2.365),
        (0.995, 19, 2.861),
        (0.95, 30, 1.697),
    ],
)
def test_quantiles_are_those_of_the_tables(
    probability: float, freedom: int, quantile: float
) -> None:
    assert student_quantile(probability, freedom) == pytest.approx(quantile, abs=5e-4)


def test_the_true_mean_is_in_as_many_intervals_as_was_promised() -> None:
    dice = random.Random(5)
    intervals = [interval_of([dice.gauss(3, 2) for _ in range(6)], 0.9) for _ in range(2_000)]
    held = statistics.fmean(one.holds(3) for one in intervals)
    assert held == pytest.approx(0.9, abs=0.02)
