"""The clients for programs without a loop: what `taskyard` exports.

Each has a background thread with a loop that drives what `aio` is made of, and another on which
listeners are called. The files beside this one mirror those of `aio`, name by name and signature by
signature: a test compares them.
"""

from taskyard.client.aio.connection import Disconnected

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
