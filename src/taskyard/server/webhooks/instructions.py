"""What the voice adapter is told of an instruction: everything that was said, and what it is about.

The names of what was said are those of a reservation update, the others those of an assignment
callback. Choice: attributes are those of the moment in which it is told.
"""

from collections.abc import Callable

import msgspec

from taskyard.core.events import ReservationInstructed
from taskyard.core.ids import event_sid
from taskyard.core.instructions import INSTRUCTIONS, Value
from taskyard.core.model import ReservationStatus
from taskyard.core.state import State

from .offers import offer_form

_LIVE = (ReservationStatus.PENDING, ReservationStatus.ACCEPTED)


class Said(msgspec.Struct, frozen=True):
    """An instruction with its place in the journal of its workspace."""

    workspace_sid: str
    position: int
    at_ms: int
    event: ReservationInstructed


def instruction_form(said: Said) -> Callable[[State, int], dict[str, str] | None]:
    """A reading of the form; None if the reservation is over, so that there is nobody to call."""

    def read(state: State, now_ms: int) -> dict[str, str] | None:
        event = said.event
        reservation = state.reservations.get(event.reservation_sid)
        if reservation is None or reservation.status not in _LIVE:
            return None
        return offer_form(state, reservation) | {
            "Sid": event_sid(said.workspace_sid, said.position),
            "Timestamp": str(said.at_ms // 1000),
            "TimestampMs": str(said.at_ms),
            "Instruction": event.instruction,
            "ReservationStatus": str(reservation.status),
            **_parameters(event),
        }

    return read


def _parameters(event: ReservationInstructed) -> dict[str, str]:
    fields: dict[str, Value] = msgspec.json.decode(event.fields, type=dict[str, _Spoken])
    return {
        one.parameter: _text(fields[one.name])
        for one in INSTRUCTIONS[event.instruction].fields
        if one.name in fields
    }


_Spoken = str | int | bool | tuple[str, ...]


def _text(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ",".join(value) if isinstance(value, tuple) else str(value)
