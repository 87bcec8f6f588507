"""Instants as texts, whatever the calendar does."""

from datetime import UTC, datetime, timedelta

import pytest

from taskyard.core.dates import date, date_or_none

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("year", [1900, 1970, 1999, 2000, 2024, 2025, 2100, 2400])
def test_every_day_of_a_year_has_the_name_that_the_calendar_gives_it(year: int) -> None:
    moment = datetime(year, 1, 1, 23, 59, 58, tzinfo=UTC)
    while moment.year == year:
        instant_ms = (moment - EPOCH) // timedelta(milliseconds=1)
        assert date(instant_ms) == moment.strftime("%Y-%m-%dT%H:%M:%SZ")
        moment += timedelta(days=1)


def test_an_instant_is_shown_in_whole_seconds_of_utc() -> None:
    assert date(1_400_064_602_000) == "2014-05-14T10:50:02Z"
    assert date(1_400_064_602_999) == "2014-05-14T10:50:02Z"
    assert date(0) == "1970-01-01T00:00:00Z"


def test_an_instant_before_the_epoch_is_shown_too() -> None:
    assert date(-1) == "1969-12-31T23:59:59Z"


def test_no_instant_is_shown_as_none() -> None:
    assert date_or_none(None) is None
    assert date_or_none(1_000) == "1970-01-01T00:00:01Z"
