"""What callers import: it knows the wire, and nothing else of ours.

`aio/` is the implementation; `sync/` is the same objects for programs without a loop. `taskyard`
and `taskyard.aio` export both under their public names. `tokens.py` makes the tokens for them.
"""

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
