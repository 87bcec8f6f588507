"""How the second model takes each kind of event down, and what it says no to."""

from . import furniture, offers, tasks, transfers
from .table import APPLY

__all__ = ["APPLY", "furniture", "offers", "tasks", "transfers"]
