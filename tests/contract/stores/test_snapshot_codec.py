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


def test_a_state_comes_back_as_it_was() -> None:
    state = Story(template="FIFO").worker("alice").task("T1").state
    assert whole(restored(state)) == whole(state)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        (changed(codec_version=99), "of version 99, this release reads 1"),
        (changed(body=good().body[:-1]), "is damaged: it has"),
        (changed(body=b"", length=0), "is damaged: its digest"),
        (changed(body=good().body[:-1] + b"\x00"), "is damaged: its digest"),
        (changed(digest=bytes(16)), "is damaged: its digest"),
        (changed(position=71), "is damaged: its digest"),
        (changed(at_ms=5), "is damaged: its digest"),
        (changed(workspace_sid="WS" + "1" * 32), "is damaged: its digest"),
        (with_body(b"no zlib"), "cannot be read"),
        (with_body(zlib.compress(b"\xc1")), "cannot be read"),
        (with_body(zlib.compress(msgspec.msgpack.encode({}))), "cannot be read"),
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


# Written by version 1. When it can no longer be read, raise the version, and put here what the new
# one writes: every kind of noun is in it.
VERSION = 1
BODY = """
eNrFV89vHDUUnvk/OER75kCS9hKpElFQJIRQSFPIASHLO36ztTJjD7ZnmjSK1B4KEhCJFeLEBZFfm80m7FZJ+XFapXc458Kf
gvCMPcnM0na9JaR72rVn/D6/973ve7t9+ICLNZngAL7ekZRcNFZX3nn1Z/oIBwFPmULF8/MLeMznOBQUGIk2EMMx7EnFxcZT
yECfEOAoauJgDaUi+vG4WJMopJECMXwap5GiSGG5hoDhZgTk+bNEUC6oog8BfZ5CCogLAmJ38f3FpVMCIdavIBwomlG1YfCt
zo+7z6miMfB08he7gQCsgKBY/ul5/g/bzYePumlCRtcOCESg1867NgIF+d2THcco9fQdLIVhRBkc4gzTKM/KuSsM14gz9YiH
82Wkq5jPrzvmbD3m0ccM/zuq802PC9IE9zFjEMnvvzAg7i2MZXbKqKaVSbSl00j63zOrv9nDEU80ezQdCRKaQpS1nEG6opqp
otrLOA1gpKM+ydduENFsFdGujjuSpMFHgrcEjuO8aFMLev8Gwd2qgtuRsaxj21n5cOUG0dyuF48S4KPFy9euAdFRwflCFGX7
K9t2y5OJS28Fx4ku2XJ+yonCogUK5QYBQu5O37kzfRrjdSRAgsh0dLvjd4vQV0r8q3kCK8pZTVSHv2ApaYvFufbXNpylNNMB
9bFe4VthxB/Idmlcq5Nd9sy28tQiDfnUqj3uJOAspK1UFOjlY/8CbTaK+9mCNOY2G8ahZGPu08/ebpS2Yxbz7aIIjTmH9De2
trbOahGRvaB/KgBBhqO0SEG5Wk1gzTwvpsLy58se+d1co1Kb0vjk+sT5P7DFb39js//BuLvuszRugvBH+I8jLV69Ca13pouV
ErSZKpA/bW51Sql/4qLyX3YCrAceHc2vONpuKoH4HZM8IN5xhKVCPAxB1JLimCgXYX8FEO9lQLxrBDD7pgHcetMAbv+vAHqV
XpOPNa3vjqOmsw4OpMIqlcWM0xoZfl5M3LJz/b1cBmT7L+8t27n3XDu33nT7BkKntIOOnc03vMNLXfnD85cf9avTGHIcxXql
viNHce9fvlBe9OTKEZGjHZ5VXtH6CWKkoEbjEWUE1v/uWYMsfnkDu/eC1/pSQYIIYJJP7npneGLNBJkjhj9rnnEt+CUZz/sZ
FSrFOl36CVU9bF8TRHI2rJGr7UKuAU+AVfVf+oOIZlBb8vpV+8j/5vlHZR/kyDtaus23SS3DryPetuy768q+TlEbR8p2jT0h
R296LYq+Br9szxzoQhBd/i6sJ1Rn5TJdZOnds0RARrnu7Uk98VnCpRnX/uNs1bPejmJMwEx39vugWkKz1Akpo/I+kG//AS6v
6Ms=
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
