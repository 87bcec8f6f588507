"""A state through the bytes of a snapshot and back."""

from collections import deque

import msgspec

from taskyard.core.ids import Mint
from taskyard.core.limits import Limits
from taskyard.core.machine import Machine
from taskyard.core.snapshot import capture, restore
from taskyard.core.state import State
from taskyard.stores.snapshot_codec import decode_snapshot, encode_snapshot

NOUNS = (
    "activities",
    "task_channels",
    "task_queues",
    "workflows",
    "workers",
    "tasks",
    "reservations",
    "transfers",
)


def restored(state: State) -> State:
    """The state as a start would find it, proved to be whole."""
    row = encode_snapshot(state.workspace.sid, 7, 8, capture(state))
    again = restore(decode_snapshot(row))
    assert whole(again) == whole(state)
    assert encode_snapshot(state.workspace.sid, 7, 8, capture(again)) == row
    return again


def resumed(state: State, mint: Mint, limits: Limits) -> Machine:
    """A machine that goes on from a snapshot of the state."""
    machine = Machine(mint=mint, limits=limits)
    machine.state = restored(state)
    machine.resume()
    return machine


def whole(state: State) -> bytes:
    """Everything that a state holds, in its order where order means something."""
    nouns = {noun: list(getattr(state, noun).items()) for noun in NOUNS}
    told = {
        name: list(value) if isinstance(value, deque) else value
        for name, value in vars(state).items()
        if name not in NOUNS and not isinstance(value, dict)
    }
    counts = {
        name: sorted((repr(key), count) for key, count in value.items() if count)
        for name, value in vars(state).items()
        if name not in NOUNS and isinstance(value, dict)
    }
    return msgspec.json.encode((nouns, told, counts))
