"""What runs: the only writer of each workspace. Imports `core` and `stores`."""

from .directory import Directory
from .journal import TurnRecord
from .snapshots import Snapshots
from .turns import Closed, Overloaded, Unavailable, WorkspaceEngine

__all__ = [
    "Closed",
    "Directory",
    "Overloaded",
    "Snapshots",
    "TurnRecord",
    "Unavailable",
    "WorkspaceEngine",
]
