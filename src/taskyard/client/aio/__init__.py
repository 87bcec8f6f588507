"""The clients for programs with a loop: what `taskyard.aio` exports.

Imports what lies beside it and above it in `client`, never `sync`, which drives it.
"""

from .connection import Disconnected
from .lists import Collection, Page
from .resources import (
    Activity,
    Event,
    Reservation,
    Task,
    TaskChannel,
    WorkerChannel,
    Workflow,
)
from .statistics import StatisticsOf
from .task_queue import TaskQueue
from .worker import Worker
from .workspace import Workspace

__all__ = [
    "Activity",
    "Collection",
    "Disconnected",
    "Event",
    "Page",
    "Reservation",
    "StatisticsOf",
    "Task",
    "TaskChannel",
    "TaskQueue",
    "Worker",
    "WorkerChannel",
    "Workflow",
    "Workspace",
]
