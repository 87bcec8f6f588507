import pytest

from taskyard.server.api.problems import Problem
from taskyard.server.api.versions import etag, expected_version


def test_an_etag_is_the_quoted_version() -> None:
    assert etag(0) == b'"0"'
    assert etag(12) == b'"12"'


@pytest.mark.parametrize("text", [b"3", b'"3"', b'W/"3"', b' "3" '])
def test_a_version_may_come_bare_quoted_or_weak(text: bytes) -> None:
    assert expected_version(text) == 3


def test_no_header_and_a_star_check_nothing() -> None:
    assert expected_version(None) is None
    assert expected_version(b"*") is None


@pytest.mark.parametrize("text", [b"", b"abc", b'"abc"', b"-1", b'"3', b'"1", "2"', b"9" * 40])
def test_what_was_never_a_version_cannot_match(text: bytes) -> None:
    with pytest.raises(Problem) as raised:
        expected_version(text)
    assert (raised.value.status, raised.value.code) == (412, 20412)
