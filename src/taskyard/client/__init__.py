"""What callers import: it knows the wire, and nothing else of ours."""

from .tokens import (
    AccessToken,
    Policy,
    TaskQueueCapability,
    TaskRouterCapability,
    WorkerCapability,
    WorkspaceCapability,
)

__all__ = [
    "AccessToken",
    "Policy",
    "TaskQueueCapability",
    "TaskRouterCapability",
    "WorkerCapability",
    "WorkspaceCapability",
]
