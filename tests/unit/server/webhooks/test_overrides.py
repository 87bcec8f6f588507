"""What an address says of its own timeouts and retries."""

import pytest

from taskyard.server.webhooks.overrides import EVENTS, overridden

AT = "http://a.example/path?x=1"


def test_an_address_that_says_nothing_leaves_everything() -> None:
    for url in (AT, AT + "#", AT + "#sni=y&e=ashburn&unknown=1"):
        assert overridden(url, EVENTS) == EVENTS


def test_every_key_is_read() -> None:
    policy = overridden(AT + "#ct=200&rt=300&tt=400&rc=3&rp=5xx,rt", EVENTS)
    assert (policy.connect_ms, policy.read_ms, policy.total_ms) == (200, 300, 400)
    assert policy.retries == 3
    assert policy.retried == {"5xx", "rt"}
    assert overridden(AT + "#rp=all", EVENTS).retried == {"4xx", "5xx", "ct", "rt"}


@pytest.mark.parametrize(
    ("said", "read"),
    [
        ("rc=9", 5),
        ("rc=-1", 0),
        ("rc=x", 1),
        ("rc=-", 1),
        ("rc=", 1),
        ("rc=99999999999999", 5),
        ("rc=0", 0),
    ],
)
def test_a_number_out_of_range_is_the_nearest_and_nonsense_is_nothing(said: str, read: int) -> None:
    assert overridden(f"{AT}#{said}", EVENTS).retries == read


def test_times_have_their_ranges() -> None:
    low, high = overridden(AT + "#ct=1&rt=1&tt=1", EVENTS), overridden(AT + "#ct=99999", EVENTS)
    assert (low.connect_ms, low.read_ms, low.total_ms) == (100, 100, 100)
    assert high.connect_ms == 10_000
