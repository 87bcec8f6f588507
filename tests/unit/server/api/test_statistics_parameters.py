"""The window that a call for cumulative statistics asks for."""

import pytest

from taskyard.core.errors import Invalid
from taskyard.engine.time_windows import DAY_MS, MINUTE_MS, UNTIL_NOW
from taskyard.server.api.forms import parse
from taskyard.server.api.problems import Problem
from taskyard.server.api.statistics_parameters import Asked, asked_window

NOON_MS = 1_767_614_400_000
"""2026-01-05T12:00:00Z"""
NOW_MS = NOON_MS + 34_567


def asked(query: str) -> Asked:
    return asked_window(parse(query.encode()), NOW_MS, 30 * DAY_MS)


def test_minutes_end_now_and_begin_at_a_full_second() -> None:
    for query, minutes in (("", 15), ("Minutes=60", 60)):
        found = asked(query)
        assert found.is_open
        assert found.window.start_ms == NOON_MS + 34_000 - minutes * MINUTE_MS
        assert (found.window.end_ms, found.end_ms) == (UNTIL_NOW, NOW_MS)


def test_both_ends_belong_to_a_window_of_dates() -> None:
    found = asked("StartDate=2026-01-05T11:00:00Z&EndDate=2026-01-05T12:00:00Z")
    assert not found.is_open
    assert found.window.start_ms == NOON_MS - 60 * MINUTE_MS
    assert (found.window.end_ms, found.end_ms) == (NOON_MS + 1, NOON_MS)
    assert found.until_end == found.window
    one = asked("StartDate=2026-01-05T12:00:00Z&EndDate=2026-01-05T12:00:00Z").window
    assert (one.start_ms, one.end_ms) == (NOON_MS, NOON_MS + 1)


def test_an_end_alone_has_the_quarter_of_an_hour_before_it() -> None:
    window = asked("EndDate=2026-01-05T12:00:00Z").window
    assert window.start_ms == NOON_MS - 15 * MINUTE_MS


@pytest.mark.parametrize("end", ["", "&EndDate=2027-01-01"])
def test_what_has_no_end_or_one_in_the_future_ends_now(end: str) -> None:
    found = asked("StartDate=2026-01-05" + end)
    assert found.is_open
    assert (found.window.start_ms, found.end_ms) == (NOON_MS - 720 * MINUTE_MS, NOW_MS)
    assert found.until_end.end_ms == NOW_MS + 1


@pytest.mark.parametrize("query", ["StartDate=2025-12-06", "EndDate=2025-12-06T11:00:00Z"])
def test_a_window_that_begins_too_long_ago_has_a_code_of_its_own(query: str) -> None:
    with pytest.raises(Problem, match="no more than 43200 minutes ago") as refused:
        asked(query)
    assert (refused.value.status, refused.value.code) == (400, 14241)
    asked("StartDate=2025-12-06T12:00:00Z")


@pytest.mark.parametrize(
    "query",
    [
        "StartDate=2026-01-05T12:00:01Z&EndDate=2026-01-05T12:00:00Z",
        "StartDate=2026-01-06",
        "Minutes=0",
        "Minutes=43201",
        "Minutes=5&EndDate=2026-01-05",
    ],
)
def test_a_window_that_cannot_be_is_refused(query: str) -> None:
    with pytest.raises(Invalid):
        asked(query)
