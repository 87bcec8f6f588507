"""A passing store that several nodes of one process share: for tests of what nodes do together."""

import asyncio
from collections.abc import Callable, Mapping, Sequence, Set

from .interface import Append, StoreError
from .memory import MemoryStore
from .sharing import (
    Appended,
    Change,
    Lease,
    LeaseLost,
    LeaseMoved,
    Node,
    Pulse,
    Rows,
    Standing,
    WorkspaceListed,
)


class SharedMemoryStore(MemoryStore):
    """Keeps every promise of `SharedStore` but that of outliving its process."""

    def __init__(self, clock: Callable[[], int]) -> None:
        """Empty at first.

        Args:
            clock: The instant by the store's own clock, in milliseconds since the Unix epoch.
        """
        super().__init__()
        self._clock = clock
        self._nodes: dict[str, tuple[Node, int]] = {}
        """With the instant until which each is alive, in the order in which they came."""
        self._holders: dict[str, tuple[str, int]] = {}
        """By workspace: the node, and the epoch. It stays when the node goes, for the epoch."""
        self._secret: str | None = None
        self.listeners: list[Callable[[Change], None]] = []

    async def append(self, appends: Sequence[Append]) -> dict[str, StoreError]:
        """Keep these rows."""
        failures: dict[str, StoreError] = {}
        good: list[Append] = []
        for one in appends:
            sid = one.row.workspace_sid
            if one.epoch is not None and not self._has(one.node_sid, sid, one.epoch):
                failures[sid] = LeaseLost(sid, one.epoch)
            else:
                good.append(one)
        failures |= await super().append(good)
        for one in good:
            sid = one.row.workspace_sid
            if sid in failures:
                continue
            if one.lists is not None and one.node_sid is not None:
                self._holders[sid] = (one.node_sid, 1)
            if one.lists is not None or one.unlists:
                self._tell(WorkspaceListed(sid))
            self._tell(Appended(sid, one.row.last_position))
        return failures

    async def beat(self, node: Node, for_ms: int, followed: Sequence[str] = ()) -> Pulse:
        """Say that a node is alive."""
        self._check_open()
        if self._forget_the_dead():
            self._tell(LeaseMoved(None))
        self._nodes[node.sid] = (node, self._clock() + for_ms)
        mine = [sid for sid in self._workspaces if self._is_of(node, sid)]
        return Pulse(
            store_ms=self._clock(),
            nodes=await self.nodes(),
            workspaces=len(mine),
            unserved=sum(not self._is_served(sid) for sid in mine),
            ends=await self.end_of(followed),
        )

    async def nodes(self) -> list[Standing]:
        """All nodes that are alive."""
        self._check_open()
        served = [self._holders[sid][0] for sid in self._workspaces if self._is_served(sid)]
        standings = [Standing(node=one, held=served.count(one.sid)) for one, _ in self._living()]
        return sorted(standings, key=lambda one: one.node.sid)

    async def leave(self, node_sid: str) -> None:
        """Forget a node and its leases."""
        self._check_open()
        if self._nodes.pop(node_sid, None) is not None:
            self._free({node_sid})
            self._tell(LeaseMoved(None))

    async def claim(
        self, node_sid: str, workspace_sids: Sequence[str] | None, at_most: int
    ) -> list[Lease]:
        """Take leases that no living node has."""
        self._check_open()
        self._forget_the_dead()
        if node_sid not in self._nodes:
            return []
        wanted = self._workspaces if workspace_sids is None else workspace_sids
        node, _ = self._nodes[node_sid]
        free = [sid for sid in wanted if self._is_of(node, sid) and not self._is_served(sid)]
        taken: list[Lease] = []
        for sid in free[:at_most]:
            _, epoch = self._holders.get(sid, ("", 0))
            self._holders[sid] = (node_sid, epoch + 1)
            taken.append(self._lease(sid))
            self._tell(LeaseMoved(sid))
        return taken

    async def release(self, node_sid: str, workspace_sids: Sequence[str]) -> None:
        """Give leases back."""
        self._check_open()
        for sid in workspace_sids:
            holder, epoch = self._holders.get(sid, ("", 0))
            if holder == node_sid:
                self._holders[sid] = ("", epoch)
                self._tell(LeaseMoved(sid))

    async def leases(self, workspace_sids: Sequence[str] | None) -> Mapping[str, Lease]:
        """The leases of living nodes."""
        self._check_open()
        self._forget_the_dead()
        wanted = self._workspaces if workspace_sids is None else workspace_sids
        return {sid: self._lease(sid) for sid in wanted if self._is_served(sid)}

    async def end_of(self, workspace_sids: Sequence[str]) -> Mapping[str, int]:
        """The last position of each journal."""
        self._check_open()
        journals = {sid: self._journals.get(sid) for sid in workspace_sids}
        return {sid: rows[-1].last_position for sid, rows in journals.items() if rows}

    async def news(self, positions: Mapping[str, int]) -> Mapping[str, Rows]:
        """Rows of many journals at once."""
        found: dict[str, Rows] = {}
        for sid, position in positions.items():
            rows = [row async for row in self.rows(sid, position)]
            if rows:
                found[sid] = rows
        return found

    async def cluster_secret(self, proposed: str) -> str:
        """The secret by which nodes know each other."""
        self._check_open()
        self._secret = self._secret or proposed
        return self._secret

    def listen(self, listener: Callable[[Change], None]) -> Callable[[], None]:
        """Be told of changes."""
        self.listeners.append(listener)

        def end() -> None:
            if listener in self.listeners:
                self.listeners.remove(listener)

        return end

    def _tell(self, change: Change) -> None:
        # Later, as it would come from a server.
        loop = asyncio.get_running_loop()
        for listener in self.listeners:
            loop.call_soon(listener, change)

    def _living(self) -> list[tuple[Node, int]]:
        return [one for one in self._nodes.values() if one[1] > self._clock()]

    def _forget_the_dead(self) -> bool:
        living = {node.sid: (node, until_ms) for node, until_ms in self._living()}
        dead = self._nodes.keys() - living.keys()
        self._nodes = living
        self._free(dead)
        return bool(dead)

    def _free(self, node_sids: Set[str]) -> None:
        """Take the leases of nodes that are gone: should one come back, it has none."""
        for sid, (holder, epoch) in self._holders.items():
            if holder in node_sids:
                self._holders[sid] = ("", epoch)

    def _is_of(self, node: Node, workspace_sid: str) -> bool:
        entry = self._workspaces.get(workspace_sid)
        return entry is not None and entry.account_sid == node.account_sid

    def _is_served(self, workspace_sid: str) -> bool:
        holder, _ = self._holders.get(workspace_sid, ("", 0))
        return holder in self._nodes and self._nodes[holder][1] > self._clock()

    def _has(self, node_sid: str | None, workspace_sid: str, epoch: int) -> bool:
        return self._holders.get(workspace_sid) == (node_sid, epoch) and self._is_served(
            workspace_sid
        )

    def _lease(self, workspace_sid: str) -> Lease:
        holder, epoch = self._holders[workspace_sid]
        return Lease(
            workspace_sid=workspace_sid,
            node_sid=holder,
            url=self._nodes[holder][0].url,
            epoch=epoch,
        )
