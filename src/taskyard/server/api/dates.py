"""Instants as the API writes and reads them: ISO 8601, UTC, whole seconds, `Z`."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache

from taskyard.core.errors import Invalid

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)


def date(instant_ms: int) -> str:
    """An instant in milliseconds as `2014-05-14T10:50:02Z`."""
    return _date_of_second(instant_ms // 1000)


def date_or_none(instant_ms: int | None) -> str | None:
    """The same for an instant that may not have come."""
    return None if instant_ms is None else _date_of_second(instant_ms // 1000)


# A busy server shows the same few seconds again and again.
@lru_cache(maxsize=16_384)
def _date_of_second(second: int) -> str:
    return (_EPOCH + timedelta(seconds=second)).strftime("%Y-%m-%dT%H:%M:%SZ")


def instant_of(text: str, name: str) -> int:
    """The milliseconds since the epoch that an ISO 8601 text means; without a zone, UTC.

    A fraction of a second is dropped: nobody would see it, and it would still count in an order.

    Raises:
        Invalid: The text is no such instant; `name` is the field that the message blames.
    """
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise Invalid(
            f"{name} must be an ISO 8601 date and time such as 2014-05-14T10:50:02Z, not '{text}'"
        ) from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - _EPOCH) // _SECOND * 1000
