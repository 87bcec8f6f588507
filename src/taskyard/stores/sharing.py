"""What a store promises besides when several nodes share it: who is alive, and who serves what.

Every instant here is by the store's clock. Nodes have clocks of their own, which may be an hour
apart, and none of them decides anything.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Protocol, runtime_checkable

import msgspec

from .interface import JournalRow, Store, StoreError


class LeaseLost(StoreError):
    """Another node serves this workspace now: the row was not kept."""

    def __init__(self, workspace_sid: str, epoch: int) -> None:
        super().__init__(
            f"workspace {workspace_sid}: the lease of epoch {epoch} is over; "
            "another node serves it, or nobody does"
        )
        self.workspace_sid = workspace_sid
        self.epoch = epoch


class Node(msgspec.Struct, frozen=True, kw_only=True):
    """A process that shares the store.

    Attributes:
        sid: Made at its start: a process that comes back is another node.
        account_sid: Whose workspaces it serves.
        url: Where the other nodes reach it.
        version: Of its software.
    """

    sid: str
    account_sid: str
    url: str
    version: str


class Lease(msgspec.Struct, frozen=True, kw_only=True):
    """Which node serves a workspace, for as long as that node is alive.

    Attributes:
        workspace_sid: The workspace.
        node_sid: Who serves it.
        url: Where that node is reached.
        epoch: One more than that of the lease before, so that each is told from all others.
    """

    workspace_sid: str
    node_sid: str
    url: str
    epoch: int


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A node that is alive, and how many workspaces it serves."""

    node: Node
    held: int


class Pulse(msgspec.Struct, frozen=True, kw_only=True):
    """What a node is told when it says that it is alive.

    Attributes:
        store_ms: The instant by the store's clock.
        nodes: All nodes that are alive, of every account, itself among them, by SID.
        workspaces: How many its account has in the directory.
        unserved: How many of them no living node serves.
        ends: The last position of each journal that it follows, looked up after the beat began; one
            without rows is left out.
    """

    store_ms: int
    nodes: list[Standing]
    workspaces: int
    unserved: int
    ends: Mapping[str, int] = {}


class Appended(msgspec.Struct, frozen=True):
    """A row was kept: the journal of this workspace now ends at this position."""

    workspace_sid: str
    last_position: int


class LeaseMoved(msgspec.Struct, frozen=True):
    """A lease was taken, given back, or handed on; None for many at once."""

    workspace_sid: str | None


class WorkspaceListed(msgspec.Struct, frozen=True):
    """A workspace came into the directory, or left it."""

    workspace_sid: str


class Missed(msgspec.Struct, frozen=True):
    """What was told in the last moments may be lost: whoever relies on it looks for himself."""


Change = Appended | LeaseMoved | WorkspaceListed | Missed
Rows = list[JournalRow] | StoreError
"""Of one journal, or why they cannot be read."""


@runtime_checkable
class SharedStore(Store, Protocol):
    """One open store that other processes may be writing to."""

    async def beat(self, node: Node, for_ms: int, followed: Sequence[str] = ()) -> Pulse:
        """Say that a node is alive from now on for so long, by the store's clock.

        Nodes whose time has passed are forgotten together with their leases. A node whose own time
        had passed begins anew, without any. It takes one round trip, and a node that is halted in
        the middle of it keeps no other waiting.

        Args:
            node: Which.
            for_ms: How long, in milliseconds.
            followed: Of which workspaces it wants to know where their journals end.

        Raises:
            StoreError: It is not known to be kept.
        """
        ...

    async def nodes(self) -> list[Standing]:
        """All nodes that are alive, of every account, by SID: for who only looks."""
        ...

    async def leave(self, node_sid: str) -> None:
        """Forget a node and its leases at once. One that is not there is forgotten already."""
        ...

    async def claim(
        self, node_sid: str, workspace_sids: Sequence[str] | None, at_most: int
    ) -> list[Lease]:
        """Take leases of workspaces of the node's account that no living node has.

        Args:
            node_sid: Who asks. It must be alive, or it gets nothing.
            workspace_sids: Which are wanted; None for any in the directory.
            at_most: How many.

        Returns:
            The leases that are its own now because of this.
        """
        ...

    async def release(self, node_sid: str, workspace_sids: Sequence[str]) -> None:
        """Give leases back; those that are not this node's stay as they are."""
        ...

    async def leases(self, workspace_sids: Sequence[str] | None) -> Mapping[str, Lease]:
        """The leases of living nodes, by workspace SID; None for all there are."""
        ...

    async def end_of(self, workspace_sids: Sequence[str]) -> Mapping[str, int]:
        """The last position of each of these journals; one without rows is left out."""
        ...

    async def news(self, positions: Mapping[str, int]) -> Mapping[str, Rows]:
        """Rows of many journals at once.

        Args:
            positions: After which position to begin, by workspace.

        Returns:
            By workspace, some of the rows that begin after its position, in order: the first is
            among them if there is any, and there may be more than are given. One without any is
            left out; one whose rows cannot be read has the reason instead.

        Raises:
            StoreError: None of them can be read.
        """
        ...

    async def cluster_secret(self, proposed: str) -> str:
        """The secret by which nodes know each other: the one that was kept first, for good."""
        ...

    def listen(self, listener: Callable[[Change], None]) -> Callable[[], None]:
        """Be told of changes by anybody, this process too, soon after they are kept.

        Nothing rests on it but speed: a change may be told late, twice, or (followed by `Missed`)
        not at all. The listener is called on the event loop and returns at once.

        Returns:
            Ends it.
        """
        ...
