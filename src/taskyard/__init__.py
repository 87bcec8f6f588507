"""Taskyard, a self-hosted task router that speaks the TaskRouter API."""

from typing import TYPE_CHECKING, Any

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

__version__ = "0.1.0"

__all__ = [
    "ApiError",
    "BadAnswer",
    "ClientClosed",
    "ConnectionFailed",
    "TaskQueue",
    "TaskyardError",
    "TokenExpired",
    "TokenProblem",
    "Worker",
    "Workspace",
]


def __getattr__(name: str) -> Any:
    # The client's imports take a while, and the server has no use for them.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from taskyard.client import errors, sync

    return getattr(sync, name, None) or getattr(errors, name)
