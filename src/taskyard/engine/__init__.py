"""What runs: the only writer of each workspace. Imports `core` and `stores`."""

from taskyard.stores.sharing import Lease

from .alerts import Alert, Alerts
from .answers import Answers, Given, Keep, KeyedRequest
from .cluster import Cluster
from .counters import Counters, Histogram
from .directory import Directory
from .event_index import EventQuery, records_of
from .gauges import Gauges, look_at
from .journal import TurnRecord
from .real_time import RealTimeView
from .retention import Retention
from .snapshots import Snapshots
from .statistics import Statistics
from .time_windows import Window
from .turns import WorkspaceEngine
from .unavailable import Closed, OutOfTouch, Overloaded, ServedElsewhere, Unavailable

__all__ = [
    "Alert",
    "Alerts",
    "Answers",
    "Closed",
    "Cluster",
    "Counters",
    "Directory",
    "EventQuery",
    "Gauges",
    "Given",
    "Histogram",
    "Keep",
    "KeyedRequest",
    "Lease",
    "OutOfTouch",
    "Overloaded",
    "RealTimeView",
    "Retention",
    "ServedElsewhere",
    "Snapshots",
    "Statistics",
    "TurnRecord",
    "Unavailable",
    "Window",
    "WorkspaceEngine",
    "look_at",
    "records_of",
]
