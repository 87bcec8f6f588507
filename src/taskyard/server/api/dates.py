"""Instants as callers write them: ISO 8601."""

from datetime import UTC, datetime, timedelta

from taskyard.core.errors import Invalid

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND = timedelta(seconds=1)


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
