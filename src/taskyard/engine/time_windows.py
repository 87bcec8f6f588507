"""Windows of time, and the minutes and hours that statistics are kept by."""

from collections.abc import Iterable

import msgspec

UNTIL_NOW = 2**62
"""The end of a window that has everything which has happened by the time that it is looked at."""
MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS


class Window(msgspec.Struct, frozen=True):
    """From one instant until right before another: windows side by side share nothing.

    Attributes:
        start_ms: The first instant that belongs to it.
        end_ms: The first one that no longer does.
    """

    start_ms: int
    end_ms: int


def hour_of(instant_ms: int) -> int:
    """When the hour of an instant begins."""
    return instant_ms // HOUR_MS * HOUR_MS


def without(from_ms: int, before_ms: int, hours: Iterable[int]) -> list[tuple[int, int]]:
    """A range of time without some of its hours."""
    left: list[tuple[int, int]] = []
    for hour in hours:
        if from_ms < hour:
            left.append((from_ms, hour))
        from_ms = hour + HOUR_MS
    if from_ms < before_ms:
        left.append((from_ms, before_ms))
    return left
