"""What the engines count about their work, for whoever looks on.

Counting costs integer additions and nothing else: names, labels and text are made when somebody
looks. All workspaces count in the same place, so the numbers never fall while the process runs.
"""

import time
from bisect import bisect_left
from collections.abc import Callable


class Histogram:
    """How many values lay at or below each of a few bounds, and their sum."""

    __slots__ = ("bounds", "counts", "total")

    def __init__(self, *bounds: float) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        """Values between one bound and the one before it; last those above all bounds."""
        self.total: float = 0

    def observe(self, value: float) -> None:
        """Count one value."""
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value


class Counters:
    """The work of all engines of one process.

    Attributes:
        seconds: The stopwatch: seconds since some instant, however the wall clock is set.
        turns: Turns that were taken.
        decided: Commands that were decided, and are durable.
        refused: Commands that were refused.
        failed: Commands that got neither: the store failed, a rule has a bug, too many waited.
        commands_per_turn: For turns that had commands; timers alone make turns too.
        turn_s: Seconds from the first decision of a turn until its answers were let go.
        append_s: Seconds that the store took to append the turns that had gathered.
        appends_failed: Turns that could not be kept.
        loads: Times that a machine was folded from its journal: once, and again after a failure.
        rows_pruned: Journal rows that retention has let go.
    """

    __slots__ = (
        "append_s",
        "appends_failed",
        "commands_per_turn",
        "decided",
        "failed",
        "loads",
        "refused",
        "rows_pruned",
        "seconds",
        "turn_s",
        "turns",
    )

    def __init__(self, seconds: Callable[[], float] = time.perf_counter) -> None:
        self.seconds = seconds
        self.turns = 0
        self.decided = 0
        self.refused = 0
        self.failed = 0
        self.commands_per_turn = Histogram(1, 2, 5, 10, 20, 50, 100, 200)
        self.turn_s = Histogram(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1)
        self.append_s = Histogram(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1)
        self.appends_failed = 0
        self.loads = 0
        self.rows_pruned = 0
