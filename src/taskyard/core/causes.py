"""Who asked for what has happened. No rule looks at it; it is shown beside the events."""

from typing import Literal

import msgspec


class Cause(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The caller behind a command.

    Attributes:
        actor_type: What the caller's credentials speak for.
        actor_sid: Its SID.
        ip_address: Where the call came from, if it came over a network.
    """

    actor_type: Literal["account", "worker"]
    actor_sid: str
    ip_address: str | None = None


class Caused(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A run of a turn's events that one command led to.

    Attributes:
        first: Where the run begins among the turn's events, counted from 0.
        count: How many events it has.
        cause: Who asked.
    """

    first: int
    count: int
    cause: Cause
