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


def test_very_many_transfers_come_back_in_their_order() -> None:
    story = Story(template="FIFO").worker("alice").task("T1").accept("alice").worker("bob")
    for _ in range(601):
        story.transfer("alice", "bob").cancel_transfer("T1")
    story.transfer("alice", "bob")
    assert len(restored(story.state).transfers) == 602


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
# one writes: every kind of noun is in it, and a task that is over beside one that goes on.
VERSION = 2
BODY = """
AAACn3gBvZXNThsxEMdJnyTacw8E2gsSB0SF1ENFUVpyqCrLrGeDFa+d2t7lS0jtoT0UtQqqeuqlEonSJIAECv06RfAAPfM29Xp3y7oH
EiTEnrxjr+c3M/+d+djbELKhmtiHvQNFyaVXq05f/1QG2PdFxDWy5xcW8ZjnKJAUOGFbiOMQOkoLuXUKMZgbfMzYGvYbKJLs65G1KRRQ
pkGOTsOIaYo0Vg0EHK8xIBffm5IKSTXdBvQqggiQkARke+nx0vKQQIDNJwj7msZUb6V8tYXrw5muDDUNQUQ3/7DvS8AaCArVn6mp0pcP
a9uv+1GT/G/rEmBgzp33MzQK6tPbLN1j8dz0dZeDgFEOPRxjypKsnE+KManHGddjbyH3dOXz4rZ9zro+B8/5v/iuvE4c6ZEVjb+OOQem
Pr9LU/1scZwSBhGnRlZWp6ZoVk4uWPdRav2VXY5E06jHyJEgaSREeX1iyEmpZopUnVhQH1ymzmpiu0Oi2SJR22RCu0AnT6WoSxyGiTzL
i2b/DuEeFOEOVKhctoPqk+od0jws0nRiSkC4PJ3VxHYLRAOredsU1f77rLmsjFO8C3NYxWHTlGwlaa3HGss6aJQMCJCqXZmfrwxDvIkk
KJCxUXy2U+pb11ed+Gd6AmsquNONRz+wUrTOw6T3F9v0aNJ+0o0Nirl2ys6tgIkNtZ8PrtrNgj3LfuXyEg1EuWaiTK479gUPaD2Sll69
KV2iHc/Gl/3f3tyOl04o5c29eHnfy8dOaky2bRG8Oa82Nv3e7u7umeMRZQGWhhIQxJhFdprk1mICneF5WQ7yWVrIsXPkdxqGrV5am3zw
qc0b57+bFb/VSW5VrcNCzc1btotCTCDVh7LreyfFc6npW0A5VetAWoN8ZSZq6y/+WzrVAAACfHgBxVY/b9NAFD+Hb8DM1E/QGNhBHRmq
okodTxffc3qqfWfuzm4DQipDBQMgpSsbpImTpiUZ2jmCHeYu/SiIc+xEcUnjuCpKtpzzfL+X35/3jjr7Qu6BVM2P3xSjV2s7L9YXf6pt
Hvo1kNaZKxlw6jUwJz6cEI850CeOZhHTDZy+7Pnid63bPaK1ZLVQg/r65m3s7BLOwVNHV2vbGwW11fexQwLimNusLokI80jNg5+tUAG1
YqIUq3Og6MwjSmPhuiCxr34jZH35VHt92HMkEA00dxYG9ObZEkDsBUDQbUDQPQJ4vGoAT1YN4Ol/BdCXoEBGRDPB1TvjkZcF0rRHy7I7
VJroUOFE+PW8Gm8RbicybjVAKieaqD11fI0etnQjgNhlnKldoJmPtwswVvPWa6dAuo7wAw+MMeJAMiGNuVBXMx9EqLH6haytw0Fy7xiw
cWrq82Kv9pOYcT2xnwXDThG68/Etr0IIISvZKiq5mCkBrkHm/89zaXpgvI41kXXQo+8mH4QEPAmRH4OISR0S05P5hZ4NhrbJCiX4KCeE
5hJCqC6rgwmrD67RozGdLREAX5JKO4vkylxK41S9K2d0MJVApmDr/jnuu8wzxGPGKRz86adMp9/QMHs2RxoDpSHAFAj1GAfD/GgVYrGH
Ced4NmysocciyB2hQTrafNMHdkTItXU6GXYJ8rKKs3KiPv4wN0yKAq8aj72XDv3i5El3jszXxQvHzWgq22Ll8z+WKmpoaqkyjdm9co3d
KUnvYJos2ztGXdQEYA8OAmZUNk04uvnsIpAQMWEmUdkN7jIQZr9KGs+VltYhmg6wJFgLNXQ6GXemi+Z0q/sL/T7AyQ==
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
    assert {noun for noun in NOUNS if not getattr(snapshot, noun)} == {"transfers"}
    assert [task.status for task in snapshot.tasks] == ["completed", "reserved"]
