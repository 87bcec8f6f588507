"""What runs: the only writer of each workspace. Imports `core` and `stores`."""

from .directory import Directory
from .journal import TurnRecord
from .turns import Closed, Overloaded, Unavailable, WorkspaceEngine

__all__ = [
    "Closed",
    "Directory",
    "Overloaded",
    "TurnRecord",
    "Unavailable",
    "WorkspaceEngine",
]
