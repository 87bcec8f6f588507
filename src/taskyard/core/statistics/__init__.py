"""Numbers about what has happened and what is: pure folds of events, and counts of the state.

`facts.py` says what an event means for statistics, `cumulative.py` sums facts up, `spells.py` sums
up how long workers were in an activity and `presence.py` how long they handled tasks, `realtime.py`
counts the tasks that there are.
"""

from .cumulative import Sums, TaskSums
from .facts import Fact, FactKind, Spell, TakenDown
from .presence import Course, Courses, Presence, PresenceChange
from .realtime import RealTime, TaskCounts
from .spells import Spells

__all__ = [
    "Course",
    "Courses",
    "Fact",
    "FactKind",
    "Presence",
    "PresenceChange",
    "RealTime",
    "Spell",
    "Spells",
    "Sums",
    "TakenDown",
    "TaskCounts",
    "TaskSums",
]
