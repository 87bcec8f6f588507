"""Whether this node may decide for a workspace, where several nodes share a store."""

from collections.abc import Callable

from taskyard.stores.sharing import Lease


class Tenure:
    """One workspace's lease as this node knows it, asked before everything that rests on it.

    Attributes:
        node_sid: This node.
        epoch: That of its lease; None while it has none.
        elsewhere: Another node's lease, as far as is known.
    """

    __slots__ = ("_end", "_in_touch", "elsewhere", "epoch", "node_sid")

    def __init__(
        self, node_sid: str, in_touch: Callable[[], bool], end: Callable[[], None]
    ) -> None:
        """It has no lease yet.

        Args:
            node_sid: This node.
            in_touch: Whether the node has said that it is alive, so lately that nobody can have
                taken its leases.
            end: Gives the lease up.
        """
        self.node_sid = node_sid
        self.epoch: int | None = None
        self.elsewhere: Lease | None = None
        self._end = end
        self._in_touch = in_touch

    @property
    def in_touch(self) -> bool:
        """Whether what this node knows of the workspace is what the store has, or soon will be."""
        return self._in_touch()

    @property
    def serves(self) -> bool:
        """Whether nobody but this node can be deciding for the workspace at this moment."""
        return self.epoch is not None and self._in_touch()

    def lost(self, epoch: int) -> None:
        """The lease of this epoch has turned out to be over; another may have begun since."""
        if self.epoch == epoch:
            self._end()
