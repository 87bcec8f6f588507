"""One turn: what is due, and what several callers ask at about the same time, decided in order."""

import logging
from collections import deque
from typing import Any

from taskyard.core.causes import Caused
from taskyard.core.errors import Refusal
from taskyard.core.events import Event
from taskyard.core.machine import Machine
from taskyard.stores import KeptAnswer

from .counters import Counters
from .journal import TurnRecord
from .waiting import Asked, Reading

_EVENTS_PER_TURN = 5_000
_ADVANCES_PER_TURN = 2
"""Each may take some milliseconds, and everybody else on the loop waits meanwhile."""
_ADVANCING_S = 0.002
"""A further one is begun only so soon after the first was; else it is the next turn's."""
_DECIDING_S = 0.01
"""So long commands are decided in one turn; those left over wait for the next one."""

logger = logging.getLogger(__name__)


class Turn:
    """What one turn leads to. Nothing of it is durable yet, so nobody has heard of it.

    Attributes:
        events: What has happened, in order.
        callers: Whose answers were found; they are let go when the events are durable.
        answers: What is to be kept of the answers, with the events.
        decided: Commands that were decided.
        refused: Commands that were refused.
        failed: Commands that met a bug, or that may not be decided now.
        advanced: Whether what was due has happened, or some of it.
        sound: Whether the machine can be used further. After a bug it cannot: what came before the
            bug is kept, and what waits is decided after a reload.
        halted: Why no command is decided, and no timer fires; None if they may.
    """

    def __init__(
        self,
        workspace_sid: str,
        machine: Machine,
        now_ms: int,
        *,
        counters: Counters,
        unsettled: bool = False,
        halted: Exception | None = None,
    ) -> None:
        """Nothing has happened in it yet.

        Args:
            workspace_sid: Whose turn it is.
            machine: Decides.
            now_ms: The instant of all that happens in it.
            counters: Whose stopwatch bounds the turn.
            unsettled: Whether the machine has to advance although nothing is due by the clock.
            halted: See above.
        """
        self.events: list[Event] = []
        self.callers: list[Asked[Any] | Reading[Any]] = []
        self.answers: list[KeptAnswer] = []
        self.decided = 0
        self.refused = 0
        self.failed = 0
        self.advanced = False
        self.sound = True
        self.halted = halted
        self._workspace_sid = workspace_sid
        self._machine = machine
        self._now_ms = now_ms
        self._seconds = counters.seconds
        self._unsettled = unsettled
        self._causes: list[Caused] = []

    @property
    def commands(self) -> int:
        """How many commands were taken, whatever came of them."""
        return self.decided + self.refused + self.failed

    def take(self, waiting: deque[Asked[Any] | Reading[Any]], callers_max: int) -> None:
        """Fire what is due and answer who waits, in order, as much as one turn may hold."""
        machine = self._machine
        advances = 0
        began = self._seconds()
        deciding_since: float | None = None
        while (
            self.sound
            and len(self.callers) < callers_max
            and len(self.events) < _EVENTS_PER_TURN
            and not machine.state.deleted
        ):
            # Whatever is due goes first, unless it is so much that others would wait for long: then
            # the next turn goes on with it.
            may_advance = advances == 0 or (
                advances < _ADVANCES_PER_TURN and self._seconds() - began < _ADVANCING_S
            )
            if may_advance and self._must_advance():
                advances += 1
                self._advance()
            elif waiting:
                if deciding_since is None:
                    deciding_since = self._seconds()
                elif self._seconds() - deciding_since > _DECIDING_S:
                    return
                caller = waiting.popleft()
                if not caller.gone:
                    self.callers.append(caller)
                    self._answer(caller)
            else:
                return

    def record(self, after: int) -> TurnRecord:
        """What is kept and told of it.

        Args:
            after: The position of the last event before it.
        """
        # A command that failed half-way may have left more behind than what happened.
        details = self._machine.take_details()[: len(self.events)]
        return TurnRecord(
            workspace_sid=self._workspace_sid,
            first_position=after + 1,
            last_position=after + len(self.events),
            at_ms=self._now_ms,
            events=self.events,
            causes=self._causes,
            details=details,
        )

    def _must_advance(self) -> bool:
        return self.halted is None and (self._unsettled or self._machine.is_due(self._now_ms))

    def _advance(self) -> None:
        self._unsettled = False
        self.advanced = True
        try:
            self.events += self._machine.advance(self._now_ms)
        except Exception as bug:
            logger.exception("workspace %s: a timer failed", self._workspace_sid)
            self.sound = False
            self.halted = bug

    def _answer(self, caller: Asked[Any] | Reading[Any]) -> None:
        """Find one caller's answer, from the state as it is right after what was asked."""
        machine = self._machine
        if isinstance(caller, Reading):
            return caller.answer(machine.state, self._now_ms)
        if self.halted is not None:
            self.failed += 1
            return caller.fail(self.halted)
        try:
            decided = machine.decide(caller.command, self._now_ms)
        except Refusal as refusal:
            self.refused += 1
            return caller.fail(refusal)
        except Exception as bug:
            logger.exception(
                "workspace %s: %s failed", self._workspace_sid, type(caller.command).__name__
            )
            self.failed += 1
            self.sound = False
            return caller.fail(bug)
        self.decided += 1
        if caller.cause is not None:
            self._causes.append(Caused(len(self.events), len(decided.events), caller.cause))
        self.events += decided.events
        kept = caller.answer(machine.state, decided, self._now_ms)
        if kept is not None:
            self.answers.append(kept)
        return None
