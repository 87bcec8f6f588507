"""Events with all that is told of them, to blocks of the event index and back, by version.

A block is a run of one workspace's events, packed together: what repeats from one event to the next
(names, attributes, SIDs) is then written once. Beside its body a block has terms, eight bytes for
each SID and event type in it, so that a search opens only the blocks that have what it looks for.

A released version is never taken out of `_DECODERS`, so that the oldest block stays readable.
"""

import hashlib
import operator
import zlib
from collections.abc import Callable, Sequence
from functools import cache, reduce
from types import GenericAlias
from typing import TypeAlias

import msgspec

from taskyard.core.causes import Cause
from taskyard.core.event_details import EventDetails, EventRecord, TaskChannelDetails
from taskyard.core.events import ALL_EVENTS, Event
from taskyard.core.steps import Steps

from .interface import EventBlock, StoreError

BLOCK_VERSION = 1
_LEVEL = 1
"""Of zlib's. Level 6 makes a block a seventh smaller, and takes twice as long: a twentieth of all
that a busy server does."""
_RECORDS_AT_A_STEP = 128

_Columns: TypeAlias = tuple[
    list[int], list[int], list[Event], list[EventDetails], list[Cause | None]
]
"""Positions, instants, events, details, causes: like beside like packs best."""

_encoder = msgspec.msgpack.Encoder()
_columns: msgspec.msgpack.Decoder[_Columns] = msgspec.msgpack.Decoder(
    GenericAlias(
        tuple,
        (
            list[int],
            list[int],
            GenericAlias(list, (reduce(operator.or_, ALL_EVENTS),)),
            list[EventDetails],
            list[Cause | None],
        ),
    )
)

_DECODERS: dict[int, Callable[[bytes], _Columns]] = {1: _columns.decode}


def encoding_block(workspace_sid: str, records: Sequence[EventRecord]) -> Steps[EventBlock]:
    """Some events of a workspace, in their order and at least one, as a block not yet packed."""
    names: set[str] = set()
    for start in range(0, len(records), _RECORDS_AT_A_STEP):
        for one in records[start : start + _RECORDS_AT_A_STEP]:
            _add_names(names, one)
        yield
    terms = b"".join(map(term, sorted(names)))
    columns = (
        [one.position for one in records],
        [one.at_ms for one in records],
        [one.event for one in records],
        [one.details for one in records],
        [one.cause for one in records],
    )
    yield
    return EventBlock(
        workspace_sid=workspace_sid,
        first_position=records[0].position,
        last_position=records[-1].position,
        first_ms=records[0].at_ms,
        last_ms=records[-1].at_ms,
        count=len(records),
        codec_version=BLOCK_VERSION,
        terms=terms,
        body=_encoder.encode(columns),
    )


def packed(block: EventBlock) -> EventBlock:
    """The block with its body made small; this takes a while, but not the interpreter."""
    return msgspec.structs.replace(block, body=zlib.compress(block.body, _LEVEL))


def decode_block(block: EventBlock) -> list[EventRecord]:
    """The events of a packed block.

    Raises:
        StoreError: The block is of a version that this release does not know, or is damaged.
    """
    where = f"workspace {block.workspace_sid}: the event block at position {block.first_position}"
    decoder = _DECODERS.get(block.codec_version)
    if decoder is None:
        raise StoreError(
            f"{where} is of version {block.codec_version}, which this release does not know"
        )
    try:
        columns = decoder(zlib.decompress(block.body))
        return [EventRecord(*row) for row in zip(*columns, strict=True)]
    except (zlib.error, msgspec.DecodeError, ValueError) as error:
        raise StoreError(f"{where} cannot be read: {error}") from error


def term(name: str) -> bytes:
    """What stands in a block's terms for a SID, an event type, or a task channel's unique name."""
    if len(name) == 34 and name[:2].isupper():
        try:
            return bytes.fromhex(name[18:])
        except ValueError:
            pass
    return hashlib.blake2b(name.encode(), digest_size=8).digest()


@cache
def _event_type(kind: type[Event]) -> str:
    return str(kind.__struct_config__.tag)


def names_of(record: EventRecord) -> set[str]:
    """Everything that the event may be looked for by: its type, SIDs, a channel's unique name."""
    names: set[str] = set()
    _add_names(names, record)
    return names


def _add_names(names: set[str], record: EventRecord) -> None:
    add, details = names.add, record.details
    add(_event_type(type(record.event)))
    task = details.task
    if task is not None:
        add(task.sid)
        _add_channel(names, task.task_channel)
        if task.workflow is not None:
            add(task.workflow.sid)
        if task.task_queue is not None:
            add(task.task_queue.sid)
    if details.worker is not None:
        add(details.worker.sid)
    if details.reservation is not None:
        add(details.reservation.sid)
    if details.worker_channel is not None:
        _add_channel(names, details.worker_channel.task_channel)
    if details.task_queue is not None:
        add(details.task_queue.sid)
    if details.workflow is not None:
        add(details.workflow.sid)
    if details.activity is not None:
        add(details.activity.sid)
    if details.task_channel is not None:
        _add_channel(names, details.task_channel)
    if details.transfer is not None:
        add(details.transfer.sid)
        if details.reservation is None:
            add(details.transfer.to)
            add(details.transfer.initiating_worker_sid)
            add(details.transfer.initiating_reservation_sid)


def _add_channel(names: set[str], channel: TaskChannelDetails) -> None:
    names.add(channel.sid)
    if channel.unique_name is not None:
        names.add(channel.unique_name)
