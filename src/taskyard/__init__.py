"""Taskyard, a self-hosted task router that speaks the TaskRouter API."""

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from taskyard.client.errors import (
        ApiError,
        BadAnswer,
        ClientClosed,
        ConnectionFailed,
        TaskyardError,
        TokenExpired,
        TokenProblem,
    )
    from taskyard.client.sync import TaskQueue, Worker, Workspace
    from taskyard.client.tokens import (
        AccessToken,
        Policy,
        TaskQueueCapability,
        TaskRouterCapability,
        WorkerCapability,
        WorkspaceCapability,
    )

__version__ = "0.1.0"

__all__ = [
    "AccessToken",
    "ApiError",
    "BadAnswer",
    "ClientClosed",
    "ConnectionFailed",
    "Policy",
    "TaskQueue",
    "TaskQueueCapability",
    "TaskRouterCapability",
    "TaskyardError",
    "TokenExpired",
    "TokenProblem",
    "Worker",
    "WorkerCapability",
    "Workspace",
    "WorkspaceCapability",
]

_MODULES = ("taskyard.client.tokens", "taskyard.client.errors", "taskyard.client.sync")


def __getattr__(name: str) -> object:
    """What the client exports; it is imported when somebody asks for it."""
    if name in __all__:
        for module in map(importlib.import_module, _MODULES):
            if hasattr(module, name):
                return getattr(module, name)
    raise AttributeError(f"module 'taskyard' has no attribute '{name}'")
