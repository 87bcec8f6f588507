"""What runs: the only writer of each workspace. Imports `core` and `stores`."""

from .answers import Answers, Given, Keep, KeyedRequest
from .counters import Counters, Histogram
from .directory import Directory
from .gauges import Gauges, look_at
from .journal import TurnRecord
from .real_time import RealTimeView
from .retention import Retention
from .snapshots import Snapshots
from .statistics import Statistics, Window
from .turns import Closed, Overloaded, Unavailable, WorkspaceEngine

__all__ = [
    "Answers",
    "Closed",
    "Counters",
    "Directory",
    "Gauges",
    "Given",
    "Histogram",
    "Keep",
    "KeyedRequest",
    "Overloaded",
    "RealTimeView",
    "Retention",
    "Snapshots",
    "Statistics",
    "TurnRecord",
    "Unavailable",
    "Window",
    "WorkspaceEngine",
    "look_at",
]
