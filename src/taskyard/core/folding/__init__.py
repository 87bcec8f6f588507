"""How each event changes the state: one file per noun, and nothing is decided here.

`State.apply` is the only caller.
"""

from . import reservations, tasks, transfers, workers, workspaces
from .table import APPLY

__all__ = ["APPLY", "reservations", "tasks", "transfers", "workers", "workspaces"]
