"""Taskyard, a self-hosted task router that speaks the TaskRouter API."""

import importlib

__version__ = "0.1.0"

_FROM_CLIENT = frozenset(
    {
        "AccessToken",
        "Policy",
        "TaskQueueCapability",
        "TaskRouterCapability",
        "WorkerCapability",
        "WorkspaceCapability",
    }
)


def __getattr__(name: str) -> object:
    """What the client package exports; it is imported when somebody asks for it."""
    if name in _FROM_CLIENT:
        return getattr(importlib.import_module("taskyard.client"), name)
    raise AttributeError(f"module 'taskyard' has no attribute '{name}'")
