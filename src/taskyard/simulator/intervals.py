"""How sure a mean is: intervals from independent repetitions."""

import math
import statistics
from collections.abc import Sequence

import msgspec

_ITERATIONS = 200


class Interval(msgspec.Struct, frozen=True):
    """A mean, and how far on either side of it the true one may be."""

    mean: float
    half_width: float

    def holds(self, value: float) -> bool:
        """Whether a value is within it."""
        return abs(value - self.mean) <= self.half_width


def interval_of(means: Sequence[float], confidence: float) -> Interval:
    """The interval that the true mean is in, with this confidence.

    Args:
        means: One of each repetition; at least two, and independent of each other.
        confidence: Between 0 and 1, such as 0.95.
    """
    error = statistics.stdev(means) / math.sqrt(len(means))
    width = student_quantile((1 + confidence) / 2, len(means) - 1) * error
    return Interval(statistics.fmean(means), width)


def student_quantile(probability: float, freedom: int) -> float:
    """Below which value Student's t is with this probability (0.5 to 1), by bisection."""
    low, high = 0.0, 1.0
    while _student_below(high, freedom) < probability:
        high *= 2
    for _ in range(_ITERATIONS):
        middle = (low + high) / 2
        if _student_below(middle, freedom) < probability:
            low = middle
        else:
            high = middle
    return high


def _student_below(value: float, freedom: int) -> float:
    """The distribution function at a value that is not negative.

    Source: the finite series of Abramowitz and Stegun, 26.7.3 and 26.7.4.
    """
    angle = math.atan2(value, math.sqrt(freedom))
    cosine = math.cos(angle)
    if freedom % 2:
        term = total = cosine
        for k in range(2, freedom - 1, 2):
            term *= cosine * cosine * k / (k + 1)
            total += term
        inside = angle + (math.sin(angle) * total if freedom > 1 else 0.0)
        return 0.5 + inside / math.pi
    term = total = 1.0
    for k in range(1, freedom - 1, 2):
        term *= cosine * cosine * k / (k + 1)
        total += term
    return 0.5 + math.sin(angle) * total / 2
