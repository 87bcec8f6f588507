"""Instants as texts: ISO 8601, UTC, whole seconds, `Z`. By arithmetic: the core has no clock."""

from functools import lru_cache
from typing import Final

_DAYS_BEFORE_EPOCH: Final = 719_468
"""From 1 March of the year 0 to 1 January 1970: years that begin in March end in the odd day."""


def date(instant_ms: int) -> str:
    """An instant in milliseconds as `2014-05-14T10:50:02Z`."""
    return _date_of_second(instant_ms // 1000)


def date_or_none(instant_ms: int | None) -> str | None:
    """The same for an instant that may not have come."""
    return None if instant_ms is None else _date_of_second(instant_ms // 1000)


# A busy server shows the same few seconds again and again.
@lru_cache(maxsize=16_384)
def _date_of_second(second: int) -> str:
    day, second = divmod(second, 86_400)
    era, day = divmod(day + _DAYS_BEFORE_EPOCH, 146_097)
    year = (day - day // 1_460 + day // 36_524 - day // 146_096) // 365
    day -= 365 * year + year // 4 - year // 100
    month = (5 * day + 2) // 153
    day -= (153 * month + 2) // 5
    year += 400 * era + month // 10
    clock = f"{second // 3_600:02}:{second // 60 % 60:02}:{second % 60:02}"
    return f"{year:04}-{(month + 2) % 12 + 1:02}-{day + 1:02}T{clock}Z"
