"""Every way to say no.

A refusal is raised by a rule before it emits anything, so that nothing has changed. Its text is one
line for a person: what was asked, of which SID, what stands in the way.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .events import Event


class Refusal(Exception):
    """What was asked cannot be done; it has changed nothing.

    Attributes:
        happened_before: What else was due by then, and has happened.
    """

    happened_before: "tuple[Event, ...]" = ()


class NotFound(Refusal):
    """There is no such resource in this workspace."""

    def __init__(self, kind: str, sid: str) -> None:
        told = sid if sid.isprintable() and len(sid) <= 64 else repr(sid[:64])
        super().__init__(f"{kind} {told} was not found")
        self.kind = kind
        self.sid = sid


class Invalid(Refusal):
    """A value is missing, of the wrong type or shape, out of range, or names nothing."""


class LimitReached(Invalid):
    """The workspace holds as many as it may.

    Attributes:
        alert: What the published dictionary of errors calls this limit, if the operator is to be
            alerted when it is reached.
    """

    def __init__(self, message: str, alert: int | None = None) -> None:
        super().__init__(message)
        self.alert = alert


class Conflict(Refusal):
    """The state of a resource, or what depends on it, does not allow what was asked."""


class Gone(Refusal):
    """The reservation was withdrawn, or its time has passed: it can no longer be answered."""


class InstructionRefused(Refusal):
    """What a telephone was to do for a reservation cannot be done.

    Attributes:
        code: What the published dictionary of errors calls this case.
    """

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code


class VersionMismatch(Refusal):
    """The resource has changed since the caller read it."""

    def __init__(self, kind: str, sid: str, current: int, expected: int) -> None:
        super().__init__(
            f"{kind} {sid} is at version {current}, not {expected}: "
            "it has changed since it was read"
        )
