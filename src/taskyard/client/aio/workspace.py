"""A workspace's client: for whatever administers it."""

from . import resources
from .client import Client


class Workspace(Client, resources.Workspace):
    """A workspace with everything in it. See `Client` for the arguments."""

    _prefix = "WS"
