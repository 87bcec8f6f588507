from itertools import islice, pairwise
from random import Random
from statistics import fmean, stdev

import pytest

from taskyard.simulator.distributions import HOUR_S, Arrivals, Duration, Lognormal

DRAWN = 40_000


@pytest.mark.parametrize(
    ("duration", "mean", "sd"),
    [
        (Duration(constant=3.0), 3.0, 0.0),
        (Duration(exponential=20.0), 20.0, 20.0),
        (Duration(lognormal=Lognormal(mean=300.0, sd=200.0)), 300.0, 200.0),
        (Duration(empirical=(10.0, 20.0, 60.0)), 30.0, 21.6),
    ],
)
def test_a_duration_has_the_mean_and_spread_that_it_says(
    duration: Duration, mean: float, sd: float
) -> None:
    draw = duration.sampler(Random(1))
    drawn = [draw() for _ in range(DRAWN)]
    assert fmean(drawn) == pytest.approx(mean, rel=0.03)
    assert stdev(drawn) == pytest.approx(sd, rel=0.06)


def test_regular_arrivals_keep_their_distance() -> None:
    instants = list(islice(Arrivals(every_s=30.0).instants_s(Random(1), 100.0), 3))
    assert instants == [130.0, 160.0, 190.0]


def test_poisson_arrivals_come_at_their_rate() -> None:
    instants = list(islice(Arrivals(per_hour=60.0).instants_s(Random(1), 0.0), DRAWN))
    assert instants[-1] / DRAWN == pytest.approx(60.0, rel=0.03)
    assert stdev(b - a for a, b in pairwise(instants)) == pytest.approx(60.0, rel=0.03)


def test_arrivals_by_hour_come_in_their_hours_and_from_the_time_of_day_on() -> None:
    rates = [0.0] * 24
    rates[9], rates[10] = 10.0, 30.0
    arrivals = Arrivals(by_hour=tuple(rates))
    instants = list(islice(arrivals.instants_s(Random(1), 10.5 * HOUR_S), 8_000))
    hours = [int(instant // HOUR_S) % 24 for instant in instants]
    assert set(hours) == {9, 10}
    assert hours.count(10) / hours.count(9) == pytest.approx(3.0, rel=0.1)
    assert instants[0] >= 10.5 * HOUR_S
    assert sum(instant < 24 * HOUR_S for instant in instants) == pytest.approx(15, abs=12)
