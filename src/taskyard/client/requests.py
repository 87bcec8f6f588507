"""What can be asked, as values: nothing here does any I/O."""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from .parameters import wire_parameters

Method = Literal["GET", "POST", "DELETE"]


class Request(msgspec.Struct, frozen=True):
    """One envelope.

    Attributes:
        method: What it would be over REST.
        path: What follows the workspace in its address, "" for the workspace itself, or an
            absolute address that the server gave.
        parameters: As `wire_parameters` gives them.
        event_type: "ready" in the request that begins every connection.
    """

    method: Method
    path: str
    parameters: dict[str, Any] = {}
    event_type: str | None = None


def accept() -> dict[str, Any]:
    """The parameters that accept a reservation."""
    return {"ReservationStatus": "accepted"}


def reject(activity_sid: str | None) -> dict[str, Any]:
    """The parameters that reject a reservation."""
    return wire_parameters({"ReservationStatus": "rejected", "WorkerActivitySid": activity_sid})


def dequeue(named: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of `dequeue`, each under its prefix."""
    return _instruction("dequeue", "Dequeue", named)


def call(named: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of `call`, each under its prefix."""
    return _instruction("call", "Call", named)


def redirect(named: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of `redirect`, each under its prefix."""
    return _instruction("redirect", "Redirect", named)


def conference(named: Mapping[str, Any], options: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters of `conference`; options go last, and so override."""
    return {
        "Instruction": "conference",
        **wire_parameters(named),
        **wire_parameters(options),
    }


def _instruction(name: str, prefix: str, named: Mapping[str, Any]) -> dict[str, Any]:
    prefixed = {f"{prefix}{key}": value for key, value in wire_parameters(named).items()}
    return {"Instruction": name, **prefixed}


def complete_task(reason: str | None) -> dict[str, Any]:
    """The parameters that complete a task."""
    return wire_parameters({"AssignmentStatus": "completed", "Reason": reason})
