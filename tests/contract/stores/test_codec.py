"""Every event comes back from its bytes as it was."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taskyard.core.causes import Cause, Caused
from taskyard.core.events import ALL_EVENTS, Event, WorkerDeleted, WorkspaceDeleted
from taskyard.stores import JournalRow, StoreError
from taskyard.stores.codec import CODEC_VERSION, decode, decode_turn, encode
from taskyard.stores.packing import pack, unpack

WS = "WS" + "0" * 32
INTEGERS = st.integers(min_value=-(2**63), max_value=2**63 - 1)
INTEGERS_BY_TYPE = {int: INTEGERS, int | None: st.none() | INTEGERS}


def events_of(kind: type[Event]) -> st.SearchStrategy[Event]:
    values = {
        one.name: INTEGERS_BY_TYPE.get(one.type, st.from_type(one.type))
        for one in msgspec.structs.fields(kind)
    }
    return st.builds(kind, **values)


def kept(body: bytes, count: int, version: int = CODEC_VERSION) -> JournalRow:
    return JournalRow(
        workspace_sid=WS,
        first_position=7,
        last_position=6 + count,
        at_ms=0,
        codec_version=version,
        body=body,
    )


@pytest.mark.parametrize("kind", ALL_EVENTS, ids=lambda kind: kind.__name__)
def test_an_event_comes_back_as_it_was(kind: type[Event]) -> None:
    @settings(max_examples=20)
    @given(events_of(kind))
    def check(event: Event) -> None:
        assert decode(kept(encode([event]), 1)) == [event]

    check()


@given(st.lists(st.one_of(*map(events_of, ALL_EVENTS)), max_size=20))
def test_a_turn_comes_back_in_order(events: list[Event]) -> None:
    assert decode(kept(unpack(pack(encode(events))), len(events))) == events


def test_events_have_tags_of_their_own() -> None:
    tags = [kind.__struct_config__.tag for kind in ALL_EVENTS]
    assert len(set(tags)) == len(tags) > 40


# What a release wrote once must stay readable: never change these bytes, add others.
def test_a_row_of_version_one_is_read() -> None:
    body = bytes.fromhex(
        "9292ae776f726b65722e64656c65746564a2574b91b1776f726b73706163652e64656c65746564"
    )
    assert decode(kept(body, 2, version=1)) == [WorkerDeleted("WK"), WorkspaceDeleted()]


def test_a_row_of_version_two_is_read() -> None:
    body = bytes.fromhex(
        "929292ae776f726b65722e64656c65746564a2574b91b1776f726b73706163652e64656c657465649193000193a76163636f756e74a24143c0"
    )
    assert decode_turn(kept(body, 2, version=2)) == (
        [WorkerDeleted("WK"), WorkspaceDeleted()],
        [Caused(0, 1, Cause("account", "AC", None))],
    )


def test_a_field_that_a_later_release_added_is_passed_over() -> None:
    body = msgspec.msgpack.encode([[["worker.deleted", "WK1", "new"]], []])
    assert decode(kept(body, 1)) == [WorkerDeleted("WK1")]


def test_who_caused_what_comes_back_beside_the_events() -> None:
    causes = [Caused(1, 1, Cause("account", "AC1", "203.0.113.7"))]
    events: list[Event] = [WorkerDeleted("WK1"), WorkspaceDeleted()]
    assert decode_turn(kept(encode(events, causes), 2)) == (events, causes)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (kept(b"", 0, version=99), "of version 99, which this release does not know"),
        (kept(b"\xc1", 1), "cannot be read"),
        (kept(encode([WorkspaceDeleted()])[:-1], 1), "cannot be read"),
        (kept(msgspec.msgpack.encode([[["worker.invented"]], []]), 1), "cannot be read"),
        (kept(msgspec.msgpack.encode([[["worker.deleted", 4]], []]), 1), "cannot be read"),
        (kept(encode([WorkspaceDeleted()]), 2), "holds 1 events, but says that it ends at 8"),
    ],
)
def test_a_row_that_cannot_be_read_is_named(row: JournalRow, said: str) -> None:
    with pytest.raises(StoreError, match=said) as caught:
        decode(row)
    assert f"workspace {WS}: the journal row at position 7" in str(caught.value)


@given(st.binary(max_size=2_000))
def test_a_packed_body_comes_back_as_it_was(body: bytes) -> None:
    assert unpack(pack(body)) == body


def test_packing_pays_where_there_is_repetition() -> None:
    body = encode([WorkerDeleted("WK" + f"{n:032x}") for n in range(50)])
    assert len(pack(body)) < len(body) / 3


@pytest.mark.parametrize("packed", [b"", b"\x02abc", b"\x01abc"])
def test_what_was_not_packed_here_is_refused(packed: bytes) -> None:
    with pytest.raises(ValueError, match=r"packing|damaged"):
        unpack(packed)
