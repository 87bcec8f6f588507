"""Why an engine does not take what it is asked; nothing has changed then."""

from taskyard.stores.sharing import Lease


class Unavailable(Exception):
    """The engine does not take this now; nothing has changed."""


class Overloaded(Unavailable):
    """As many wait as may wait."""


class Closed(Unavailable):
    """The engine is closing or closed."""


class ServedElsewhere(Unavailable):
    """Another node decides for this workspace, or none does at the moment."""

    def __init__(self, workspace_sid: str, lease: Lease | None) -> None:
        where = "no node at the moment" if lease is None else f"the node at {lease.url}"
        super().__init__(f"workspace {workspace_sid} is served by {where}")
        self.lease = lease


class OutOfTouch(Unavailable):
    """The store could not be told for so long that this node knows nothing for sure."""
