"""How long things take, and when work comes in, drawn from a source of chance that is passed in."""

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate
from math import log, sqrt
from random import Random
from typing import TypeAlias

import msgspec

Sampler: TypeAlias = Callable[[], float]
"""Draws one duration in seconds."""

HOUR_S = 3600.0


class Lognormal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A lognormal duration, told by its own mean and standard deviation in seconds."""

    mean: float
    sd: float


class Duration(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long something takes, in seconds: exactly one of the fields is given.

    Attributes:
        constant: Always the same.
        exponential: The mean of an exponential distribution.
        lognormal: Mean and standard deviation of a lognormal one.
        empirical: Durations that were seen, each as likely as the others.
    """

    constant: float | None = None
    exponential: float | None = None
    lognormal: Lognormal | None = None
    empirical: tuple[float, ...] | None = None

    def problem(self) -> str | None:
        """What is wrong with it: one clause; None if nothing is."""
        given = [name for name in self.__struct_fields__ if getattr(self, name) is not None]
        if len(given) != 1:
            choices = "constant, exponential, lognormal or empirical"
            return f"expected exactly one of {choices}, got {' and '.join(given) or 'none'}"
        if self.constant is not None and self.constant < 0:
            return f"constant: expected 0 or more seconds, got {self.constant:g}"
        if self.exponential is not None and self.exponential <= 0:
            return f"exponential: expected a mean above 0 seconds, got {self.exponential:g}"
        if self.lognormal is not None and min(self.lognormal.mean, self.lognormal.sd) <= 0:
            return "lognormal: expected mean and sd above 0 seconds"
        if self.empirical is not None and (not self.empirical or min(self.empirical) < 0):
            return "empirical: expected at least one duration, none below 0 seconds"
        return None

    def sampler(self, dice: Random) -> Sampler:
        """What draws from it."""
        if self.exponential is not None:
            rate, draw = 1 / self.exponential, dice.expovariate
            return lambda: draw(rate)
        if self.lognormal is not None:
            variance = log(1 + (self.lognormal.sd / self.lognormal.mean) ** 2)
            mu, sigma = log(self.lognormal.mean) - variance / 2, sqrt(variance)
            return lambda: dice.lognormvariate(mu, sigma)
        if self.empirical is not None:
            seen = self.empirical
            return lambda: dice.choice(seen)
        constant = self.constant
        assert constant is not None
        return lambda: constant


class Arrivals(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When work comes in: exactly one of the fields is given.

    Attributes:
        per_hour: The rate of a Poisson process.
        every_s: The same distance between any two.
        by_hour: Rates of a Poisson process for the 24 hours of the day, the first from midnight.
    """

    per_hour: float | None = None
    every_s: float | None = None
    by_hour: tuple[float, ...] | None = None

    def problem(self) -> str | None:
        """What is wrong with it: one clause; None if nothing is."""
        given = [name for name in self.__struct_fields__ if getattr(self, name) is not None]
        if len(given) != 1:
            choices = "per_hour, every_s or by_hour"
            return f"expected exactly one of {choices}, got {' and '.join(given) or 'none'}"
        if self.per_hour is not None and self.per_hour <= 0:
            return f"per_hour: expected a rate above 0, got {self.per_hour:g}"
        if self.every_s is not None and self.every_s < 0.001:
            return f"every_s: expected 0.001 or more seconds, got {self.every_s:g}"
        if self.by_hour is not None:
            if len(self.by_hour) != 24:
                return f"by_hour: expected 24 rates, one for each hour, got {len(self.by_hour)}"
            if min(self.by_hour) < 0 or not any(self.by_hour):
                return "by_hour: expected rates of 0 or more, and at least one above 0"
        return None

    def instants_s(self, dice: Random, from_s: float) -> Iterator[float]:
        """The arrivals in seconds since a midnight, without end, all after `from_s`."""
        if self.by_hour is not None:
            yield from _by_hour(self.by_hour, dice, from_s)
            return
        if self.every_s is not None:
            number = 1
            while True:
                yield from_s + number * self.every_s
                number += 1
        assert self.per_hour is not None
        rate, draw, instant = self.per_hour / HOUR_S, dice.expovariate, from_s
        while True:
            instant += draw(rate)
            yield instant


def _by_hour(rates: Sequence[float], dice: Random, from_s: float) -> Iterator[float]:
    """A Poisson process of rate 1 on the scale of expected arrivals, put back on that of time."""
    sums = [0.0, *accumulate(rates)]
    days, second = divmod(from_s, 24 * HOUR_S)
    hour = int(second // HOUR_S)
    expected = days * sums[-1] + sums[hour] + rates[hour] * (second / HOUR_S - hour)
    while True:
        expected += dice.expovariate(1.0)
        days, rest = divmod(expected, sums[-1])
        hour = min(bisect_right(sums, rest), 24) - 1
        yield (days * 24 + hour + (rest - sums[hour]) / rates[hour]) * HOUR_S
