"""The asyncio clients under their public name."""

from taskyard.client.aio import (
    Activity,
    Collection,
    Disconnected,
    Event,
    Page,
    Reservation,
    StatisticsOf,
    Task,
    TaskChannel,
    TaskQueue,
    Worker,
    WorkerChannel,
    Workflow,
    Workspace,
)

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
