"""The time of day, against the calendar of the standard library."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from taskyard.core.expressions.moment import BY_NAME


def said(name: str, now_ms: int) -> int | str:
    return BY_NAME[name](now_ms)


def test_half_past_eight_is_830() -> None:
    thursday_0830_ms = 8 * 3_600_000 + 30 * 60_000
    assert said("currentTime", thursday_0830_ms) == 830
    assert said("currentHour", thursday_0830_ms) == "08"
    assert said("currentMin", thursday_0830_ms) == "30"
    assert said("dayOfWeek", thursday_0830_ms) == "Thu"


def test_a_day_ends_with_its_last_millisecond() -> None:
    assert said("currentTime", 86_400_000 - 1) == 2359
    assert said("dayOfWeek", 86_400_000 - 1) == "Thu"
    assert said("currentTime", 86_400_000) == 0
    assert said("dayOfWeek", 86_400_000) == "Fri"


@given(st.integers(-(10**9), 10**10))
def test_it_agrees_with_the_calendar(now_s: int) -> None:
    moment = datetime.fromtimestamp(now_s, UTC)
    now_ms = now_s * 1000
    assert said("currentTime", now_ms) == moment.hour * 100 + moment.minute
    assert said("currentHour", now_ms) == moment.strftime("%H")
    assert said("currentMin", now_ms) == moment.strftime("%M")
    assert (
        said("dayOfWeek", now_ms)
        == ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[moment.weekday()]
    )
