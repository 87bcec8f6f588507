"""Snapshots to rows and back, by version, and never without proof that the row is whole.

A snapshot can always be made anew from the journal, so an old version need not stay readable: a row
of another version is no use, and the journal is folded instead. Raise the version when an older
snapshot would be read wrongly: a noun's field changes its meaning, or `State.apply` makes of the
same events another state. A new field with a default needs no new version.
"""

import hashlib
import zlib

import msgspec

from taskyard.core.snapshot import Snapshot

from .interface import SnapshotRow, StoreError

SNAPSHOT_VERSION = 2

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Snapshot)


def encode_snapshot(
    workspace_sid: str, position: int, at_ms: int, snapshot: Snapshot
) -> SnapshotRow:
    """The snapshot as a row, in the current version."""
    body = zlib.compress(_encoder.encode(snapshot), 1)
    return SnapshotRow(
        workspace_sid=workspace_sid,
        position=position,
        at_ms=at_ms,
        codec_version=SNAPSHOT_VERSION,
        length=len(body),
        digest=_digest(workspace_sid, position, at_ms, SNAPSHOT_VERSION, body),
        body=body,
    )


def decode_snapshot(row: SnapshotRow) -> Snapshot:
    """The snapshot of a row.

    Raises:
        StoreError: The row is of another version, or is damaged.
    """
    where = f"workspace {row.workspace_sid}: the snapshot at position {row.position}"
    if row.codec_version != SNAPSHOT_VERSION:
        raise StoreError(
            f"{where} is of version {row.codec_version}, this release reads {SNAPSHOT_VERSION}"
        )
    if len(row.body) != row.length:
        raise StoreError(f"{where} is damaged: it has {len(row.body)} bytes, not {row.length}")
    digest = _digest(row.workspace_sid, row.position, row.at_ms, row.codec_version, row.body)
    if digest != row.digest:
        raise StoreError(f"{where} is damaged: its digest is another")
    try:
        return _decoder.decode(zlib.decompress(row.body))
    except (zlib.error, msgspec.DecodeError) as error:
        raise StoreError(f"{where} cannot be read: {error}") from error


def _digest(workspace_sid: str, position: int, at_ms: int, version: int, body: bytes) -> bytes:
    """Of the whole row, so that a body is not taken for that of another place."""
    head = f"{workspace_sid} {position} {at_ms} {version} ".encode()
    digest = hashlib.blake2b(head, digest_size=16)
    digest.update(body)
    return digest.digest()
