"""Instants as texts, whatever the calendar does."""

from datetime import UTC, datetime, timedelta

import pytest

from taskyard.core.dates import date

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize("year", [1900, 1970, 1999, 2000, 2024, 2025, 2100, 2400])
def test_every_day_of_a_year_has_the_name_that_the_calendar_gives_it(year: int) -> None:
    moment = datetime(year, 1, 1, 23, 59, 58, tzinfo=UTC)
    while moment.year == year:
        instant_ms = (moment - EPOCH) // timedelta(milliseconds=1)
        assert date(instant_ms) == moment.strftime("%Y-%m-%dT%H:%M:%SZ")
        moment += timedelta(days=1)
