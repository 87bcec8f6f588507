"""Events to bytes and back, by version.

The version stands in every journal row. A released version is never taken out of `_DECODERS`, so
that the oldest row stays readable.
"""

import operator
from collections.abc import Callable, Sequence
from functools import reduce
from types import GenericAlias

import msgspec

from taskyard.core.events import ALL_EVENTS, Event

from .interface import JournalRow, StoreError

CODEC_VERSION = 1

_encoder = msgspec.msgpack.Encoder()
_events: msgspec.msgpack.Decoder[list[Event]] = msgspec.msgpack.Decoder(
    GenericAlias(list, (reduce(operator.or_, ALL_EVENTS),))
)

_DECODERS: dict[int, Callable[[bytes], list[Event]]] = {1: _events.decode}


def encode(events: Sequence[Event]) -> bytes:
    """The events as a row's body, in the current version."""
    return _encoder.encode(events)


def decode(row: JournalRow) -> list[Event]:
    """The events of a row.

    Raises:
        StoreError: The row is of a version that this release does not know, or is damaged.
    """
    where = f"workspace {row.workspace_sid}: the journal row at position {row.first_position}"
    decoder = _DECODERS.get(row.codec_version)
    if decoder is None:
        raise StoreError(
            f"{where} is of version {row.codec_version}, which this release does not know"
        )
    try:
        events = decoder(row.body)
    except msgspec.DecodeError as error:  # of which ValidationError is one kind
        raise StoreError(f"{where} cannot be read: {error}") from error
    if len(events) != row.last_position - row.first_position + 1:
        raise StoreError(
            f"{where} holds {len(events)} events, but says that it ends at {row.last_position}"
        )
    return events
