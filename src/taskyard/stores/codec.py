"""Events to bytes and back, by version.

The version stands in every journal row. A released version is never taken out of `_DECODERS`, so
that the oldest row stays readable.
"""

import operator
from collections.abc import Callable, Sequence
from functools import reduce
from types import GenericAlias

import msgspec

from taskyard.core.causes import Caused
from taskyard.core.events import ALL_EVENTS, Event

from .interface import JournalRow, StoreError

CODEC_VERSION = 2
"""Version 1 had the events alone; since 2 they stand beside their causes."""

_ANY_EVENT = reduce(operator.or_, ALL_EVENTS)
_encoder = msgspec.msgpack.Encoder()
_events: msgspec.msgpack.Decoder[list[Event]] = msgspec.msgpack.Decoder(
    GenericAlias(list, (_ANY_EVENT,))
)
_turn: msgspec.msgpack.Decoder[tuple[list[Event], list[Caused]]] = msgspec.msgpack.Decoder(
    GenericAlias(tuple, (GenericAlias(list, (_ANY_EVENT,)), list[Caused]))
)
_Turn = tuple[list[Event], list[Caused]]

_DECODERS: dict[int, Callable[[bytes], _Turn]] = {
    1: lambda body: (_events.decode(body), []),
    2: _turn.decode,
}


def encode(events: Sequence[Event], causes: Sequence[Caused] = ()) -> bytes:
    """The events, and who caused which of them, as a row's body in the current version."""
    return _encoder.encode((events, causes))


def decode(row: JournalRow) -> list[Event]:
    """The events of a row.

    Raises:
        StoreError: The row is of a version that this release does not know, or is damaged.
    """
    return decode_turn(row)[0]


def decode_turn(row: JournalRow) -> tuple[list[Event], list[Caused]]:
    """The events of a row, and who caused which of them.

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
        events, causes = decoder(row.body)
    except msgspec.DecodeError as error:  # of which ValidationError is one kind
        raise StoreError(f"{where} cannot be read: {error}") from error
    if len(events) != row.last_position - row.first_position + 1:
        raise StoreError(
            f"{where} holds {len(events)} events, but says that it ends at {row.last_position}"
        )
    return events, causes
