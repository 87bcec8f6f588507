import pytest

from taskyard.core.errors import Invalid
from taskyard.server.api.dates import instant_of


@pytest.mark.parametrize(
    "text",
    [
        "2014-05-14T10:50:02Z",
        "2014-05-14T12:50:02+02:00",
        "2014-05-14T10:50:02",
        "2014-05-14 10:50:02.000Z",
        "2014-05-14T10:50:02.999999Z",
        " 2014-05-14T10:50:02Z ",
    ],
)
def test_the_same_instant_can_be_written_in_several_ways(text: str) -> None:
    assert instant_of(text, "VirtualStartTime") == 1_400_064_602_000


def test_the_ends_of_the_calendar_are_read() -> None:
    assert instant_of("0001-01-01T00:00:00+14:00", "VirtualStartTime") < 0
    assert instant_of("9999-12-31T23:59:59-14:00", "VirtualStartTime") > 0


@pytest.mark.parametrize(
    "text", ["", "yesterday", "Wed, 14 May 2014 10:50:02 +0000", "1400064602x"]
)
def test_anything_else_is_refused_by_name(text: str) -> None:
    with pytest.raises(Invalid, match=r"^VirtualStartTime must be an ISO 8601 date"):
        instant_of(text, "VirtualStartTime")
