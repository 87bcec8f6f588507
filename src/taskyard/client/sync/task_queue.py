"""A task queue's client: for supervisors."""

from . import resources
from .client import Client


class TaskQueue(Client, resources.TaskQueue):
    """A task queue that can be watched and changed. See `Client` for the arguments."""

    _prefix = "WQ"
