"""How sure a figure is: intervals of confidence from independent replications."""

from collections.abc import Sequence
from functools import lru_cache
from math import exp, inf, lgamma, log, sqrt
from statistics import fmean, stdev

import msgspec

_TERMS = 150
"""Pairs of terms of a continued fraction: more than enough for a thousand degrees of freedom."""


class Estimate(msgspec.Struct, frozen=True):
    """A mean, and half the width of its interval of confidence (infinite if from one value)."""

    mean: float
    half_width: float

    @property
    def low(self) -> float:
        """The lower end."""
        return self.mean - self.half_width

    @property
    def high(self) -> float:
        """The upper end."""
        return self.mean + self.half_width

    def holds(self, value: float) -> bool:
        """Whether the value lies within."""
        return self.low <= value <= self.high


def estimate(values: Sequence[float], confidence: float) -> Estimate:
    """The mean of independent, equally distributed values and how sure it is.

    Args:
        values: One of each replication, at least one.
        confidence: The share of such intervals that hold the truth, in ]0, 1[.

    Source: W. S. Gosset ("Student"), The probable error of a mean, Biometrika 6 (1908).
    """
    if len(values) < 2:
        return Estimate(values[0], inf)
    factor = student_t((1 + confidence) / 2, len(values) - 1)
    return Estimate(fmean(values), factor * stdev(values) / sqrt(len(values)))


def quantile(ordered: Sequence[float], share: float) -> float:
    """The smallest value that at least this share of the ordered values does not exceed."""
    index = -int(-share * len(ordered) // 1) - 1
    return ordered[min(max(index, 0), len(ordered) - 1)]


@lru_cache
def student_t(probability: float, freedom: int) -> float:
    """The quantile of Student's t distribution.

    Args:
        probability: In [0.5, 1[.
        freedom: Degrees of freedom, at least 1.
    """
    low, high = 0.0, 1.0
    while _t_below(high, freedom) < probability:
        low, high = high, 2 * high
    for _ in range(80):  # each halves what is left of the doubt
        middle = (low + high) / 2
        if _t_below(middle, freedom) < probability:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _t_below(value: float, freedom: int) -> float:
    """The probability that t is at most a value of 0 or more."""
    return 1 - _incomplete_beta(freedom / (freedom + value * value), freedom / 2, 0.5) / 2


def _incomplete_beta(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function, by its continued fraction.

    Source: NIST Digital Library of Mathematical Functions, 8.17.22 and 8.17.4.
    """
    if x <= 0 or x >= 1:
        return float(x >= 1)
    if x > (a + 1) / (a + b + 2):  # where the fraction converges slowly, its mirror does not
        return 1 - _incomplete_beta(1 - x, b, a)
    front = exp(a * log(x) + b * log(1 - x) + lgamma(a + b) - lgamma(a) - lgamma(b)) / a
    value = 1.0
    for m in range(_TERMS, 0, -1):  # from the inside out, two terms at a time
        even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        value = 1 + even / value
        n = m - 1
        odd = -(a + n) * (a + b + n) * x / ((a + 2 * n) * (a + 2 * n + 1))
        value = 1 + odd / value
    return front / value
