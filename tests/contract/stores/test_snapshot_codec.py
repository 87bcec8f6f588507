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
        (changed(codec_version=99), "of version 99, this release reads 2"),
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


# Written by version 2. When it can no longer be read, raise the version, and put here what the new
# one writes: every kind of noun is in it, and a task that is over beside one that goes on.
VERSION = 2
BODY = """
eAHFWM9PG0cU3qX/Qc89IJ97iE1yQYpURIVUVRWlpOFQVaNh960zYndnOzO7gSCk5JC26o9IpOqpl6rY2NiG4gjSHycL7u2ZS/6U
qrOzs2YnTdh1RMEne/bHfO+9733fGz/Zu0/ZGo+wA9/ucOKe1VaWb1z8qfex49A4FEjdPzePSz77HiMQuv4GCnEAbS4o23gGCcg3
ONj3V7GzhmLm/7yv1jjyiC+AjZ4FsS8IEpivIQjxqg/u6fOIEcqIIA8AfRFDDIgyF1hr4YOFxSMXPCwfQdgRJCFiI8O3MndxODfq
R4IEQOPJH+w5DLAAFwX8b8uyf/p+9cHDXhy5L691XPBB3nfS09AI8B8e63SXwjPT11n0PJ+EsIcTTPw0KydVYVTdsWHuuDeX73S+
5+ll7zlj7tn/NBzHd75r5Uj3FWmcezgMwec/fpml+s58GRP6cUgkrRRPZdEUnUxgnfez1T/0yxGNJHskHV3EJIVI2KwMsiqqRhFV
O6HEARNT+266doWIZoqIWjITwgQ0/JjRJsNBkNJzel5ev0JwN4vgdnjATWw7yx8tXyGaW0U07YS4QE087bvp2iUg6ivOK1Hk299o
cVkqY7wJZrCMg0iWbCmV1gOBWRMESg0CGG/Vb9+uHwV4HTHgwBLJeH3F7qmtz5X49+wOLAgNDTUe/YY5J80wSLW/KNOjqnrSSSQU
+VpL+Zbn0/t8OzeulcmCPdatPL1APDq9IqNMX3fg0NAjzZgp9PyRfYY2ayo+3d+12c1a5lC8NvvZ5+/WctvJFtPLqgi12dpKafpr
W1tbx8aOSAdoHzFAkGA/Vm6SrxYTaJjn2bSXe2khx8Ytf2ZhqOpltcmNj69PnP+OLv72d5pqH5ZlfzeMg1Vgtkm5NvaleA2KZJAz
SJkpNnpYCEZWYwH8l82tbi71j89q5Sr/VdfBcuCRE4J97i2nrZiDa3ez5IFr7fuYC0Q9D5jh7xU9vwKQxgVArNcBsapWqgKAmesG
cPO6Adz6XwEMCjrIH0laf1LSI43KOjjkAouYo5T4TXMCfQ1xc+WcaqcywJ++sN5uiY0Iuh4JCb8Hru7jOyUY62br7WZA9hyaOocc
crt6RN+w9sby8pdlLz08VPKjOzWbzct7dZDKTKrLepgv1XjpWvK8oBRYP1IqwseFR6QxATPzeaCFX55EUj8c/SoNjEpxzkXk5DAh
TMTYRzIVTBTFYleeDzgNRwYRtisQoV61y/OqvvXCekeVs0UjCCuWsqEleeqVJe3mPn/NFT0cUyA3wcuv8SAzb0RCF9b/GejJR/2y
hvraK6hxyAVEyAXspkcyWfnRdZClMUxrrseybGyxhz5JwFiyDotzQXp+t/u52aXIJ2WcbZD66devFJMywat3Ve9lfzyUK082c+i+
Lh84XpamSUOcevKflioLaNxSkwTW6E0W2Bsp6Rs0jdb2jmSXK0+2PViPiBSFscK5i+8dRwwSQqUTTTrBPY+onK/SwI1HJ+ahpSxC
ngpQgF3IziLZ96lh0X/V5amx26UqXEq4fu6NMuTt8V88/wIoguLS
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
    assert [task.status for task in snapshot.tasks] == ["completed", "reserved"]
