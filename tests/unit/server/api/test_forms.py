import re
from urllib.parse import parse_qsl, quote_plus, urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import UNSET

from taskyard.core.errors import Invalid
from taskyard.server.api.forms import MAX_FIELDS, NO_FIELDS, parse

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=30)


@given(st.lists(st.tuples(TEXT.filter(bool), TEXT), max_size=8))
def test_what_was_encoded_comes_back(pairs: list[tuple[str, str]]) -> None:
    fields = parse(urlencode(pairs).encode())
    names = tuple(dict(pairs))
    together = [(name, value) for name in names for key, value in pairs if key == name]
    assert fields.sent(names) == together


@given(st.text("ab=+%\\x4é0&", max_size=24))
def test_odd_encodings_are_read_as_the_standard_library_reads_them(text: str) -> None:
    encoded = text.encode()
    if re.search("%(?![0-9a-f]{2})", text):
        with pytest.raises(Invalid):
            parse(encoded)
        return
    try:
        pairs = parse_qsl(text, keep_blank_values=True, errors="strict")
    except UnicodeDecodeError:
        with pytest.raises(Invalid):
            parse(encoded)
        return
    if any("\0" in part for pair in pairs for part in pair):
        with pytest.raises(Invalid, match="has a NUL character in it"):
            parse(encoded)
        return
    fields = parse(encoded)
    assert sorted(fields.sent(tuple(dict(pairs)))) == sorted(pairs)


def test_an_empty_body_has_no_fields() -> None:
    assert parse(b"") is NO_FIELDS
    assert "FriendlyName" not in parse(b"&&")


def test_the_first_of_repeated_values_counts_and_arrays_see_all() -> None:
    fields = parse(b"Status=a&Status=b%2Cc&Status=&Status=d,%20e")
    assert fields.text("Status", None) == "a"
    assert fields.all("Status") == ["a", "b", "c", "d", "e"]


def test_names_are_case_sensitive() -> None:
    assert parse(b"friendlyname=x").text("FriendlyName", None) is None


def test_an_empty_text_differs_from_an_absent_one() -> None:
    fields = parse(b"FriendlyName=&Sid")
    assert fields.text("FriendlyName", UNSET) == ""
    assert fields.text("Sid", UNSET) == ""
    assert fields.text("Other", UNSET) is UNSET
    assert fields.filled("FriendlyName", "default") == "default"
    assert fields.clearable("FriendlyName") is None
    assert fields.clearable("Other") is UNSET


def test_a_required_field_may_be_empty_but_not_absent() -> None:
    assert parse(b"FriendlyName=").required("FriendlyName") == ""
    with pytest.raises(Invalid, match=r"^FriendlyName field is required$"):
        NO_FIELDS.required("FriendlyName")


@pytest.mark.parametrize("text", ["true", "TRUE", "1", "yes", "Yes", " true "])
def test_true_1_and_yes_are_true(text: str) -> None:
    assert parse(b"Available=" + quote_plus(text).encode()).boolean("Available", None) is True


@pytest.mark.parametrize("text", ["false", "0", "no", "", "on", "2"])
def test_everything_else_is_false(text: str) -> None:
    assert parse(b"Available=" + text.encode()).boolean("Available", None) is False


@pytest.mark.parametrize(("text", "value"), [("5", 5), ("-5", -5), ("%2B7", 7), (" 12 ", 12)])
def test_whole_numbers_are_read(text: str, value: int) -> None:
    assert parse(b"Priority=" + text.encode()).integer("Priority", None) == value


@pytest.mark.parametrize("text", ["", "five", "5.0", "1e3", "1_000", "٣", "9" * 65, "0x10"])
def test_what_is_no_whole_number_is_refused_by_name(text: str) -> None:
    with pytest.raises(Invalid, match=r"^Priority must be a whole number"):
        parse(b"Priority=" + quote_plus(text).encode()).integer("Priority", None)


def test_dates_are_read_as_milliseconds() -> None:
    fields = parse(b"VirtualStartTime=2014-05-14T10%3A50%3A02Z")
    assert fields.instant("VirtualStartTime", None) == 1_400_064_602_000


def test_sids_in_filters_have_their_prefix_and_shape() -> None:
    sid = "WA" + "0a" * 16
    assert parse(f"ActivitySid={sid}".encode()).sid("ActivitySid", "WA", None) == sid
    for wrong in ("WK" + "0a" * 16, "WA1", "", "WA" + "zz" * 16):
        with pytest.raises(Invalid, match=r"^ActivitySid must be a SID that begins with WA"):
            parse(f"ActivitySid={wrong}".encode()).sid("ActivitySid", "WA", None)


def test_what_is_not_utf_8_is_refused_by_name() -> None:
    for encoded in (b"FriendlyName=%ff", b"FriendlyName=\xff", b"FriendlyName=%C3"):
        with pytest.raises(Invalid, match=r"^FriendlyName is not valid UTF-8$"):
            parse(encoded)


@pytest.mark.parametrize("broken", [b"%", b"50%", b"%4", b"%zz", b"%u2615", b"a%41%\\x41", b"%%41"])
def test_a_percent_sign_that_encodes_nothing_is_refused_by_name(broken: bytes) -> None:
    with pytest.raises(Invalid, match=r"^FriendlyName has a % without two hex digits"):
        parse(b"FriendlyName=" + broken)
    with pytest.raises(Invalid, match=r"^a field's name has a % without two hex digits"):
        parse(broken + b"=x")


def test_a_form_of_very_many_fields_is_refused_before_it_is_split() -> None:
    assert "a" in parse(b"&".join([b"a=1"] * MAX_FIELDS))
    with pytest.raises(Invalid, match="at most 1000 fields"):
        parse(b"&".join([b"a=1"] * (MAX_FIELDS + 1)))


def test_a_date_may_end_in_a_line_break() -> None:
    assert parse(b"From=2026-11-24T00:00:00Z%0A").instant("From", 0) == 1_795_478_400_000


@pytest.mark.parametrize("encoded", [b"%0A=%00", b"a%0Db=%FF"])
def test_a_complaint_about_a_field_with_a_line_break_in_its_name_is_one_line(
    encoded: bytes,
) -> None:
    with pytest.raises(Invalid) as refused:
        parse(encoded)
    assert len(str(refused.value).splitlines()) == 1


def test_a_complaint_about_a_number_with_a_line_break_in_it_is_one_line() -> None:
    with pytest.raises(Invalid, match=r"not '1\\n2'"):
        parse(b"Priority=1%0A2").integer("Priority", 0)
