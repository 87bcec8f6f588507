"""Keeps the walks of the garbage collector short: each holds everybody up."""

import contextlib
import gc
import time
from collections.abc import Callable, Iterator

from .journal import TurnRecord

_EVENTS_BETWEEN_WALKS = 5_000
"""So many leave 20,000 young objects at the most, which are walked in two or three milliseconds."""
_LONG_S = 0.002
_LEFT_ALONE_MORE = 100_000
"""Objects, beyond twice as many as were needed the last time."""
_LEFT_ALONE_BETWEEN_COUNTS = 8
"""Times. To count a million objects takes some milliseconds too."""

_loads_under_way = 0


@contextlib.contextmanager
def spared() -> Iterator[None]:
    """Collect nothing for the time of a load: one walk over 100,000 tasks holds everybody up."""
    global _loads_under_way
    if _loads_under_way == 0:
        gc.disable()
    _loads_under_way += 1
    try:
        yield
    finally:
        _loads_under_way -= 1
        if _loads_under_way == 0:
            gc.enable()


def leave_alone() -> None:
    """Let it never look at what there is now: state lives as long as its workspace is awake."""
    gc.freeze()


def reclaim() -> None:
    """Look once at everything that was left alone: a large machine among it was forgotten.

    A pause of a tenth of a second with 100,000 tasks, after a failure; otherwise their memory would
    be lost with each.
    """
    gc.unfreeze()
    gc.collect()


class Walks:
    """Has the collector walk often, and leave alone what makes its walks long.

    Left to itself it counts objects made less objects freed. Where tasks take the place of tasks
    that count stays small while the young objects become a hundred thousand, and one walk over them
    takes 30 ms; and from time to time it walks over everything. Here a walk follows each five
    thousand events. One that took long has found the large containers of a backlog that has grown:
    they are left alone from then on, also as they grow further.

    Whatever is alive at that moment is left alone with them, and is lost if it becomes garbage in a
    cycle later. So once there is much more of it than there was, all of it is looked at again.
    """

    def __init__(self, cpu_s: Callable[[], float] = time.thread_time) -> None:
        """No walk is due yet.

        Args:
            cpu_s: The stopwatch: it stands still while others have the processor.
        """
        self._cpu_s = cpu_s
        self._events = 0
        self._was_long = False
        self._uncounted = 0
        """How many times objects were left alone since they were counted, that one included."""
        self._needed = 0
        """Objects that were left alone right after all of them had been looked at."""

    def note(self, turn: TurnRecord) -> None:
        """Follow how much has happened; for `WorkspaceEngine.subscribe`."""
        self._events += len(turn.events)
        if self._was_long:
            # Not at once: a walk takes dictionaries of plain values off the collector's list, on
            # which the next value puts them again. Left alone they stay where they are.
            self._was_long = False
            self._leave_alone()
        elif self._events >= _EVENTS_BETWEEN_WALKS and _loads_under_way == 0:
            self._events = 0
            began = self._cpu_s()
            gc.collect()
            self._was_long = self._cpu_s() - began >= _LONG_S

    def _leave_alone(self) -> None:
        leave_alone()
        is_counted = self._uncounted == 0
        self._uncounted = (self._uncounted + 1) % _LEFT_ALONE_BETWEEN_COUNTS
        if is_counted and gc.get_freeze_count() > 2 * self._needed + _LEFT_ALONE_MORE:
            reclaim()
            leave_alone()
            self._needed = gc.get_freeze_count()
