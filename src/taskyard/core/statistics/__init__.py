"""Numbers about what has happened and what is: pure folds of events, and counts of the state.

`facts.py` says what an event means for statistics, `cumulative.py` sums facts up, `spells.py` sums
up how long workers were in an activity, `realtime.py` counts the tasks that there are.
"""

from .cumulative import Sums, TaskSums
from .facts import Fact, FactKind, Spell, taken_down
from .realtime import RealTime, TaskCounts
from .spells import Spells

__all__ = [
    "Fact",
    "FactKind",
    "RealTime",
    "Spell",
    "Spells",
    "Sums",
    "TaskCounts",
    "TaskSums",
    "taken_down",
]
