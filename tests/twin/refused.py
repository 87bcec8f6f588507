from taskyard.core.errors import (
    Conflict,
    Gone,
    InstructionRefused,
    Invalid,
    LimitReached,
    NotFound,
    Refusal,
    VersionMismatch,
)

Kind = type[Refusal]

__all__ = ["Doubts", "Refused"]


class Refused(Exception):
    """Every kind of refusal that the command deserves: which one is named first is left open."""

    def __init__(self, kinds: set[Kind]) -> None:
        super().__init__(", ".join(sorted(kind.__name__ for kind in kinds)))
        self.kinds = kinds


class Doubts:
    """What is wrong with a command, collected before anything changes."""

    def __init__(self) -> None:
        self.kinds: set[Kind] = set()

    def invalid(self, wrong: bool) -> None:
        if wrong:
            self.kinds.add(Invalid)

    def conflict(self, wrong: bool) -> None:
        if wrong:
            self.kinds.add(Conflict)

    def not_allowed(self, wrong: bool) -> None:
        # the reference gives one answer, 400 with code 20001, for a bad value and for a state
        # that does not allow it; some cases may be told either way
        if wrong:
            self.kinds |= {Invalid, Conflict}

    def too_many(self, wrong: bool) -> None:
        if wrong:
            self.kinds.add(LimitReached)

    def gone(self, wrong: bool) -> None:
        if wrong:
            self.kinds.add(Gone)

    def instruction(self, wrong: bool) -> None:
        if wrong:
            self.kinds.add(InstructionRefused)

    def version(self, current: int, expected: int | None) -> None:
        if expected is not None and expected != current:
            self.kinds.add(VersionMismatch)

    def settle(self) -> None:
        if self.kinds:
            raise Refused(self.kinds)


def find(things: dict, sid: str):
    """The thing of that SID, without which nothing else can be asked."""
    if sid not in things:
        raise Refused({NotFound})
    return things[sid]
