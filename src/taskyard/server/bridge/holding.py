"""Answer first, then broadcast: what a request over the bridge caused waits for its answer.

A page attaches its listeners when the promise of its request resolves. A frame that overtakes the
answer would find nobody. So the frames that a bridge request caused wait until its answer is
written and a little longer, and of these only the frames to the channel that asked and, where a
task is handed on, to the other side. All else waits for the journal alone: offers stay fast.

Where another node decides, its turns come from the journal, and the request may have come through
any node. So whatever a worker caused there waits a little, and for the answers that this node is
still waiting for itself on behalf of the same caller.
"""

import asyncio
import contextlib
from collections.abc import Iterator
from typing import Protocol

from taskyard.core.causes import Cause


class Held(Protocol):
    """What waits for a hold to end."""

    def flush(self) -> None:
        """Go on: a hold has ended."""
        ...


class Hold:
    """One request whose answer may not have arrived yet.

    Attributes:
        channel_sid: Who asked.
        over: Whether what it held may go.
    """

    __slots__ = ("_cause", "_waiting", "channel_sid", "over")

    def __init__(self, cause: Cause, channel_sid: str) -> None:
        self.channel_sid = channel_sid
        self.over = False
        self._cause = cause  # kept alive, so that no other cause gets its identity
        self._waiting: dict[Held, None] = {}

    def notify(self, held: Held) -> None:
        """Have it flushed when the hold is over."""
        self._waiting[held] = None

    def end(self) -> None:
        """Let go."""
        self.over = True
        waiting, self._waiting = self._waiting, {}
        for held in waiting:
            held.flush()


class _Part:
    """Counts one of the things that a hold waits for."""

    __slots__ = ("_hold", "_left")

    def __init__(self, hold: Hold, left: int) -> None:
        self._hold = hold
        self._left = left

    def flush(self) -> None:
        self._left -= 1
        if not self._left:
            self._hold.end()


class Holding:
    """The requests over the bridge that are being answered."""

    def __init__(self, hold_s: float) -> None:
        """Nobody is being answered.

        Args:
            hold_s: How long frames wait after the answer is written.
        """
        self.hold_s = hold_s
        self._holds: dict[int, Hold] = {}
        self._foreign: dict[Hold, Cause] = {}

    @contextlib.contextmanager
    def of(self, cause: Cause, channel_sid: str) -> Iterator[None]:
        """Hold back what a request causes until the context is left, and `hold_s` more.

        Args:
            cause: That of the request. It is known by its identity: two requests of one caller have
                equal causes.
            channel_sid: Who asks.
        """
        hold = self._holds[id(cause)] = Hold(cause, channel_sid)
        try:
            yield
        finally:
            asyncio.get_running_loop().call_later(self.hold_s, self._end, id(cause), hold)

    @contextlib.contextmanager
    def elsewhere(self, cause: Cause, channel_sid: str) -> Iterator[None]:
        """The same as `of`, while another node answers a request: it knows the cause by its value.

        Args:
            cause: That of the request.
            channel_sid: Who asks.
        """
        hold = Hold(cause, channel_sid)
        self._foreign[hold] = cause
        try:
            yield
        finally:
            asyncio.get_running_loop().call_later(self.hold_s, self._end_foreign, hold)

    @property
    def any(self) -> bool:
        """Whether anybody is being answered."""
        return bool(self._holds)

    def hold_of(self, cause: Cause) -> Hold | None:
        """The hold of what this very cause leads to, if it is a request over the bridge."""
        return self._holds.get(id(cause))

    def hold_elsewhere(self, cause: Cause) -> Hold | None:
        """A hold of what a cause led to on another node; None if nobody can be waiting for it.

        It ends `hold_s` from now, and no sooner than those of the equal requests under way.
        """
        equal = [hold for hold, one in self._foreign.items() if one == cause]
        if not equal and cause.actor_type != "worker":
            return None
        hold = Hold(cause, equal[0].channel_sid if equal else cause.actor_sid)
        part = _Part(hold, 1 + len(equal))
        for one in equal:
            one.notify(part)
        asyncio.get_running_loop().call_later(self.hold_s, part.flush)
        return hold

    def _end_foreign(self, hold: Hold) -> None:
        del self._foreign[hold]
        hold.end()

    def _end(self, key: int, hold: Hold) -> None:
        if self._holds.get(key) is hold:
            del self._holds[key]
        hold.end()
