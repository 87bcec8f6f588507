"""Snapshots to rows and back, by version, and never without proof that the row is whole.

What there may be very much of is cut into parts, so that it can be read in steps.

Raise the version when an older snapshot would be read wrongly: a noun's field changes its meaning,
or `State.apply` makes of the same events another state. A new field with a default needs no new
version. Once released, a version has to stay readable: where the beginning of a journal was pruned,
a snapshot cannot be made anew. Where it was not, one of an unknown version is passed over and the
journal is folded instead.
"""

import hashlib
import struct
import zlib
from collections.abc import Iterator

import msgspec

from taskyard.core.finished import FinishedReservation, FinishedTask
from taskyard.core.ids import TaskSid
from taskyard.core.model import Reservation, Task, Transfer, Worker
from taskyard.core.snapshot import Snapshot
from taskyard.core.steps import Steps, at_once

from .interface import SnapshotRow, StoreError

SNAPSHOT_VERSION = 2

_NOUNS_A_PART = 500
"""Of each kind. To read so many tasks takes two milliseconds."""


class _Part(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Some of what there may be very much of, in order."""

    workers: list[Worker]
    tasks: list[Task | FinishedTask]
    reservations: list[Reservation | FinishedReservation]
    finished: list[TaskSid]
    finished_ms: list[int]
    transfers: list[Transfer] = []


_LENGTH = struct.Struct(">I")
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Snapshot)
_part_decoder = msgspec.msgpack.Decoder(_Part)


def encode_snapshot(
    workspace_sid: str, position: int, at_ms: int, snapshot: Snapshot
) -> SnapshotRow:
    """The snapshot as a row, in the current version."""
    body = b"".join(_frame(part) for part in _cut(snapshot))
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
    return at_once(decoding(row))


def decoding(row: SnapshotRow) -> Steps[Snapshot]:
    """Do what `decode_snapshot` does, in steps."""
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
        frames = _frames(row.body)
        snapshot = _decoder.decode(next(frames))
        for frame in frames:
            yield
            part = _part_decoder.decode(frame)
            snapshot.workers.extend(part.workers)
            snapshot.tasks.extend(part.tasks)
            snapshot.reservations.extend(part.reservations)
            snapshot.finished.extend(part.finished)
            snapshot.finished_ms.extend(part.finished_ms)
            snapshot.transfers.extend(part.transfers)
    except (zlib.error, struct.error, msgspec.DecodeError) as error:
        raise StoreError(f"{where} cannot be read: {error}") from error
    return snapshot


def _cut(snapshot: Snapshot) -> Iterator[Snapshot | _Part]:
    """The snapshot without what there may be very much of, and then that in parts."""
    yield msgspec.structs.replace(
        snapshot, workers=[], tasks=[], reservations=[], finished=[], finished_ms=[], transfers=[]
    )
    workers, tasks = snapshot.workers, snapshot.tasks
    reservations, finished = snapshot.reservations, snapshot.finished
    transfers = snapshot.transfers
    most = max(len(workers), len(tasks), len(reservations), len(finished), len(transfers))
    for start in range(0, most, _NOUNS_A_PART):
        here = slice(start, start + _NOUNS_A_PART)
        yield _Part(
            workers=workers[here],
            tasks=tasks[here],
            reservations=reservations[here],
            finished=finished[here],
            finished_ms=snapshot.finished_ms[here],
            transfers=transfers[here],
        )


def _frame(part: Snapshot | _Part) -> bytes:
    """A part, deflated, with its length before it."""
    deflated = zlib.compress(_encoder.encode(part), 1)
    return _LENGTH.pack(len(deflated)) + deflated


def _frames(body: bytes) -> Iterator[bytes]:
    """The parts of a body, each inflated when its turn comes; there is at least one."""
    at = 0
    while not at or at < len(body):
        (length,) = _LENGTH.unpack_from(body, at)
        at += _LENGTH.size + length
        yield zlib.decompress(memoryview(body)[at - length : at])


def _digest(workspace_sid: str, position: int, at_ms: int, version: int, body: bytes) -> bytes:
    """Of the whole row, so that a body is not taken for that of another place."""
    head = f"{workspace_sid} {position} {at_ms} {version} ".encode()
    digest = hashlib.blake2b(head, digest_size=16)
    digest.update(body)
    return digest.digest()
