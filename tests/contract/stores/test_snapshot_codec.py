"""A snapshot's row is whole, of this version and of its own place, or it is refused."""

import base64
import hashlib
import zlib
from typing import Any

import msgspec
import pytest

from snapshot_trip import NOUNS, restored, whole
from story import Story
from taskyard.core.snapshot import capture
from taskyard.stores import SnapshotRow, StoreError
from taskyard.stores.snapshot_codec import (
    SNAPSHOT_VERSION,
    _digest,
    decode_snapshot,
    decoding,
    encode_snapshot,
)

WS = "WS" + "0" * 32


def good() -> SnapshotRow:
    state = Story(template="FIFO").worker("alice").task("T1").state
    return encode_snapshot(WS, 70, 1_700_000_000_000, capture(state))


def changed(**fields: Any) -> SnapshotRow:
    return msgspec.structs.replace(good(), **fields)


def with_body(body: bytes) -> SnapshotRow:
    """A row that is whole, whatever its body may be."""
    digest = _digest(WS, 70, 1_700_000_000_000, SNAPSHOT_VERSION, body)
    return changed(body=body, length=len(body), digest=digest)


def framed(plain: bytes) -> bytes:
    deflated = zlib.compress(plain)
    return len(deflated).to_bytes(4, "big") + deflated


def test_a_state_comes_back_as_it_was() -> None:
    state = Story(template="FIFO").worker("alice").task("T1").state
    assert whole(restored(state)) == whole(state)


def test_very_many_tasks_come_back_in_their_order_a_few_at_each_step() -> None:
    story = Story(template="FIFO").worker("alice")
    for number in range(1203):
        story.task(f"T{number}")
    row = encode_snapshot(WS, 70, 1_700_000_000_000, capture(story.state))
    assert whole(restored(story.state)) == whole(story.state)
    assert len(list(decoding(row))) == 3


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (changed(codec_version=99), "of version 99, this release reads 2"),
        (changed(body=good().body[:-1]), "is damaged: it has"),
        (changed(body=b"", length=0), "is damaged: its digest"),
        (changed(body=good().body[:-1] + b"\x00"), "is damaged: its digest"),
        (changed(digest=bytes(16)), "is damaged: its digest"),
        (changed(position=71), "is damaged: its digest"),
        (changed(at_ms=5), "is damaged: its digest"),
        (changed(workspace_sid="WS" + "1" * 32), "is damaged: its digest"),
        (with_body(b"no zlib"), "cannot be read"),
        (with_body(b""), "cannot be read"),
        (with_body(framed(b"\xc1")), "cannot be read"),
        (with_body(framed(msgspec.msgpack.encode({}))), "cannot be read"),
        (with_body(good().body + framed(b"\xc1")), "cannot be read"),
        (with_body(good().body + b"\x00"), "cannot be read"),
        (with_body(good().body[:-4]), "cannot be read"),
    ],
)
def test_a_row_that_is_not_good_is_refused_and_named(row: SnapshotRow, said: str) -> None:
    with pytest.raises(StoreError, match=said) as caught:
        decode_snapshot(row)
    assert str(caught.value).startswith(f"workspace {row.workspace_sid}: the snapshot at position")


def test_any_flipped_bit_is_found() -> None:
    row = good()
    for at in range(0, len(row.body), 37):
        body = bytearray(row.body)
        body[at] ^= 1
        with pytest.raises(StoreError, match="its digest is another"):
            decode_snapshot(msgspec.structs.replace(row, body=bytes(body)))


# Written by version 2. When it can no longer be read, raise the version, and put here what the new
# one writes: every kind of noun is in it.
VERSION = 2
BODY = """
AAACmHgBvZXPSxtBFMeT/yTsuQej7SXgQVICPRQrac2hlGHcfRuHzM6kM7OrUYT20B5aBKX01EshhtTECErsr1PQP6Dn/Dednd00
Oz2YBMQ9JW9m3/u897773uHpDhcN2cQufGxL4o2dWnXp9qfYx67LQ6aQub9WxjOegS8IMI+2EMMBdKTionUJEWgPLqZ0C7sNFAr6
dWBsEvmEKhCjyyCkiiCFZQMBw1sUvJvvTUG4IIrsAXodQgiICw/ESeVJZX3ogY/1Kwi7ikREtRK+2trt6SwVh4oEwMPFX+y5ArAC
DwXyTy6X/3K4tfemFza9/21dDyjoe9e9FI2A/PQuLfdMPLt83XXfp4TBKY4woXFVrufFmDfish3xdG0SaRrz5q5jrtgx+y/Yv/ym
UefOdGBE425jxoDKz++TUj8vz1JCP2REy8roVDfNyMkG6z5OrL9S54g3tXq0HD0ktIQIq88NOS/VcpaqE3Higs3U2Yxt90i0kiU6
0ZVQNtDFM8HrAgdBLM9CWZ/fI9zDLFxbBtJma1efVu+R5lGWphMRD7jN09mMbXdA1DeaN0NRHn9Ih8vGLMXbMGdVHDR1yzbi0Xqu
sKiDQvGCACFPiqurxWGAd5EACSLSik9P8j0TejqJfyY3sCKcWdN49ANLSeosiGd/dkyP5p0n3UijaLc5s7d8ynfk8WRx1RZL9ir9
lAsV4vNCTWcZuzt3OfNJPRSGXr7Nj9G+Y/JLv2+ntO8kG0o6pZevHjiTtZMY42PTBKfk1GaW3zk4OLiyIqI0wfxQAIII09Bsk4k1
W0BreY4L/mSXZmpsXfmdpGG6l/Rmsvjk7sL176bNP+rEXuXRWabn+l96igLsQaIPmfy+yN5LTN98wojcBu/oLxq3NQ4AAAIteAHF
VT1v1EAQXf8PqvyCJEAPoqRAQZFSrva848so611nP5wEhBQkEA2RuJoOyJ1zOMFXJPUJeqjT8FMQ67PvdEbkfIlAcee1Z/bNzHtv
Xg32lN4BbXpvPxrklytbj1cXP2t96eIO6OA00giSiwMqWQzHTGAIOQstpmgPaJXs4eJcq+tDZq3GjrNgPjx/kYXbTEoQ5vXlyuaj
lti1N1nIEhb624ITljIUrCPg2ydngAcZMwa7Ejg5FcxYqqIINI3ND0KC90edZ4fDUAOzwBtnLuF/ni0BZH0BEHIVEPIPAdy9bQD3
bhvA/f8KINdgQKfMopLmpdfI0zZqjped7shYZp2hJfG7TTZeQdxB6tXqgQTHlpkd0/tJ7tTK3WxDNVVuU3T9CkJWFQk8SzQq7VVF
TizGoJyl5jsJNg6L8sIJUi/RSuDtIs1Lf4mE2qsdYasNZDELmBZ6Nrl314GDOslGW5LzuRCQFnSztXmEwh9SlBz2f+WW6S7Y6o2M
6m9/CSuMhYRyYFygBO8c4zPt24OyS6sU4y/ec5QGOjWmr0WK2jrm2+X/sPNm0/f+Y5QcN8jVW4ZcI5WApPOcDEYCU2gckaJywNjX
QUPlpA0+Tz2xRJ556540ZWmqzojXRHxUs69VE1P2ZZPZVPuhlbLDaj3Vc2/dTTei6A34VWtm4AfB/fiHsJ+gH8hsvvzJg/NEQ4rK
a/u6O/EiUX5jlYU3Qq89KJJFKNFsA3/3GwIVxsQ=
"""


def test_what_this_version_wrote_first_is_read() -> None:
    body = base64.b64decode(BODY)
    head = f"{WS} 70 1700000000000 {VERSION} ".encode()
    row = SnapshotRow(
        workspace_sid=WS,
        position=70,
        at_ms=1_700_000_000_000,
        codec_version=VERSION,
        length=len(body),
        digest=hashlib.blake2b(head + body, digest_size=16).digest(),
        body=body,
    )
    snapshot = decode_snapshot(row)
    assert all(getattr(snapshot, noun) for noun in NOUNS)
    assert [task.status for task in snapshot.tasks] == ["reserved"]
