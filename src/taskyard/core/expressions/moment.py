"""The time of day that `taskrouter.…` gives, in UTC: arithmetic on milliseconds."""

from collections.abc import Callable
from typing import Final

_DAYS: Final = ("Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed")  # 1 January 1970 was a Thursday


def current_time(now_ms: int) -> int:
    """Hour and minute as one number: 08:30 is 830."""
    minutes = now_ms // 60_000 % 1440
    return minutes // 60 * 100 + minutes % 60


def current_hour(now_ms: int) -> str:
    """Two digits, `00` to `23`."""
    return f"{now_ms // 3_600_000 % 24:02d}"


def current_min(now_ms: int) -> str:
    """Two digits, `00` to `59`."""
    return f"{now_ms // 60_000 % 60:02d}"


def day_of_week(now_ms: int) -> str:
    """`Mon` to `Sun`."""
    return _DAYS[now_ms // 86_400_000 % 7]


BY_NAME: Final[dict[str, Callable[[int], int | str]]] = {
    "currentTime": current_time,
    "currentHour": current_hour,
    "currentMin": current_min,
    "dayOfWeek": day_of_week,
}
"""What each name below `taskrouter.` says of an instant. Any other name is null."""
