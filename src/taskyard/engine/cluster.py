"""This node among those that share the store: which workspaces it serves, and who serves the rest.

A node says that it is alive every third of the time for which its leases are good. By a clock of
its own, counted from before it said so, it knows until when nobody can have taken them; beyond that
it decides nothing and shows nothing. Every instant that others see is by the store's clock.
"""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from secrets import token_hex, token_urlsafe

import msgspec

from taskyard.stores import StoreError
from taskyard.stores.sharing import (
    Appended,
    Change,
    Lease,
    LeaseMoved,
    Missed,
    Node,
    SharedStore,
    Standing,
    WorkspaceListed,
)

from .gathering import Gathering
from .tenure import Tenure

LEASE_S = 5.0
_BEATS_PER_LEASE = 3
_HANDED_ON_AT_ONCE = 0.1
"""Of what a node has too much, with every beat: each hand-over is a short pause for somebody."""
_AT_LEAST_S = 0.05
"""Between two beats, however much is told."""
_LOOKED_UP_AT_ONCE = 500
_SKEW_WORTH_TELLING_MS = 1_000

Role = Callable[[str, bool], None]

logger = logging.getLogger(__name__)


class Cluster:
    """The leases of this node, and what it knows of those of others."""

    def __init__(
        self,
        store: SharedStore,
        url: str,
        version: str,
        *,
        node_sid: str | None = None,
        lease_s: float = LEASE_S,
        wall_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        """Nobody knows of it yet: call `open`.

        Args:
            store: Opened and closed by the caller.
            url: Where the other nodes reach this one.
            version: Of this software.
            node_sid: This process; a new one if None.
            lease_s: For so long after it was last heard of, its leases are good.
            wall_ms: This machine's clock, in milliseconds since the Unix epoch.
            seconds: A clock that goes on while the process is stopped.
        """
        self.node = Node(
            sid=node_sid or "ND" + token_hex(16), account_sid="", url=url, version=version
        )
        """This process; of no account before it is open."""
        self.lease_s = lease_s
        self.nodes: list[Standing] = []
        """Who was alive at the last beat."""
        self.secret = ""
        """By which nodes know each other's requests."""
        self._store = store
        self._wall_ms = wall_ms
        self._seconds = seconds
        self._good_until_s = float("-inf")
        self._ahead_ms = 0
        """The store's clock minus this machine's."""
        self._skew_told = False
        self._tenures: dict[str, Tenure] = {}
        self._unsettled: set[str] = set()
        """New workspaces of which the store knows nothing yet: nobody else can have them."""
        self._handing_on: set[str] = set()
        """Workspaces whose leases are given back as soon as nothing is under way for them."""
        self._listed: Callable[[], Awaitable[None]] | None = None
        self._ended: Callable[[str, int], None] | None = None
        self._step_down: Callable[[str], Awaitable[None]] | None = None
        self._roles: list[Role] = []
        self._hurry = asyncio.Event()
        self._beating: asyncio.Task[None] | None = None
        self._lookups: Gathering[str, None, Lease] = Gathering(self._look_up, _LOOKED_UP_AT_ONCE)
        self._chores: set[asyncio.Task[None]] = set()
        self._forget: Callable[[], None] | None = None
        self._failure: StoreError | None = None
        self._has_left = False

    def now_ms(self) -> int:
        """The instant by the store's clock, in milliseconds since the Unix epoch."""
        return self._wall_ms() + self._ahead_ms

    @property
    def in_touch(self) -> bool:
        """Whether nobody can have taken this node's leases yet."""
        return self._seconds() < self._good_until_s

    @property
    def served(self) -> list[str]:
        """The workspaces that this node serves."""
        return [sid for sid, tenure in self._tenures.items() if tenure.serves]

    def tenure(self, workspace_sid: str) -> Tenure:
        """Whether this node may decide for a workspace, now and whenever it is asked."""
        tenure = self._tenures.get(workspace_sid)
        if tenure is None:
            tenure = Tenure(self.node.sid, lambda: self.in_touch, lambda: self._end(workspace_sid))
            self._tenures[workspace_sid] = tenure
        return tenure

    def serves(self, workspace_sid: str) -> bool:
        """Whether this node decides for a workspace."""
        tenure = self._tenures.get(workspace_sid)
        return tenure is not None and tenure.serves

    def on_change(self, listener: Role) -> None:
        """Be told of each workspace that this node begins (True) or ceases (False) to serve."""
        self._roles.append(listener)

    def found(self, workspace_sid: str) -> None:
        """A new workspace is to be made here: its lease begins with its first turn.

        Say so with `settled` when that turn is kept, or `forget` it.
        """
        self._unsettled.add(workspace_sid)
        self.tenure(workspace_sid).epoch = 1

    def settled(self, workspace_sid: str) -> None:
        """The first turn of a new workspace is kept, and its lease with it."""
        self._unsettled.discard(workspace_sid)

    def forget(self, workspace_sid: str) -> None:
        """There is no such workspace any more."""
        self._unsettled.discard(workspace_sid)
        if self._tenures.pop(workspace_sid, None) is not None:
            self._tell(workspace_sid, False)

    async def open(
        self,
        account_sid: str,
        *,
        listed: Callable[[], Awaitable[None]],
        ended: Callable[[str, int], None],
        step_down: Callable[[str], Awaitable[None]],
    ) -> None:
        """Say that this node is alive, and keep saying so.

        Args:
            account_sid: Whose workspaces this node serves.
            listed: Looks again which workspaces there are.
            ended: Is told where a workspace's journal ends.
            step_down: Waits until nothing is under way for a workspace whose lease is given back.

        Raises:
            StoreError: The store cannot be read or written, or nodes of another account use it.
        """
        self.node = msgspec.structs.replace(self.node, account_sid=account_sid)
        self._listed, self._ended, self._step_down = listed, ended, step_down
        self.secret = await self._store.cluster_secret(token_urlsafe(32))
        self._forget = self._store.listen(self._hear)
        await self.beat()
        await self._expect_one_account()
        self._beating = asyncio.get_running_loop().create_task(self._keep_beating())

    async def _expect_one_account(self) -> None:
        """Make sure that no two clusters share a database by mistake.

        Raises:
            StoreError: They would.
        """
        for other in self.nodes:
            if other.node.account_sid != self.node.account_sid:
                await self.close()
                raise StoreError(
                    f"the database is in use by the node at {other.node.url} of account "
                    f"{other.node.account_sid}, and this node is of account "
                    f"{self.node.account_sid}: all nodes of one database serve one account"
                )

    async def server_of(self, workspace_sid: str, *, look_again: bool = False) -> Lease | None:
        """Who serves a workspace; this node takes it if no living node has it.

        Args:
            workspace_sid: One that is in the directory.
            look_again: Whether what was heard of it before does not count.

        Returns:
            The other node's lease; None if this node serves it.

        Raises:
            StoreError: Nobody can say.
        """
        tenure = self.tenure(workspace_sid)
        if tenure.serves:
            return None
        if tenure.elsewhere is not None and not look_again:
            return tenure.elsewhere
        if self._failure is not None and not self.in_touch:
            # Everybody would wait for what this node waits for already.
            raise StoreError(str(self._failure)) from self._failure
        found = await self._lookups.ask(workspace_sid, None)
        if tenure.epoch is not None:
            return None
        tenure.elsewhere = found
        return found

    async def _look_up(self, workspace_sids: Mapping[str, None]) -> Mapping[str, Lease]:
        """Who serves these; this node takes those that nobody has, if it is alive itself."""
        leases = await self._store.leases([*workspace_sids])
        free = [sid for sid in workspace_sids if sid not in leases]
        if free and self.in_touch:
            # Only now, because claims of all nodes wait for one another.
            for lease in await self._store.claim(self.node.sid, free, len(free)):
                self._begin(lease)
                free.remove(lease.workspace_sid)
            if free:  # somebody else was first, or this node is forgotten
                leases = {**leases, **await self._store.leases(free)}
        self._take_up(leases)
        return leases

    def heard(self, workspace_sid: str, position: int) -> None:
        """A client has seen this position on another node: whoever reads here is to find it."""
        if self._ended is not None and not self.serves(workspace_sid):
            self._ended(workspace_sid, position)

    async def obstacle(self) -> str | None:
        """Why this node can serve nobody at the moment; None if it can."""
        if self.in_touch:
            return None
        why = f": {self._failure}" if self._failure is not None else ""
        return f"this node could not renew its leases for {self.lease_s:g} s{why}"

    async def hand_over(self) -> None:
        """Leave everything to the other nodes, if there are any, as soon as its turn is over.

        From then on this node decides nothing and takes nothing, but it follows: what is under way
        is sent on, and can be read here until its last beat counts no more.
        """
        if self._forget is None or self._has_left:
            return
        try:
            pulse = await self._store.beat(self.node, round(self.lease_s * 1000))
            if len(pulse.nodes) <= 1:
                return  # who finishes here finishes in peace, however long it takes
            await self._stop_beating()
            served = [sid for sid, tenure in self._tenures.items() if tenure.epoch is not None]
            self._handing_on.update(served)
            for sid in served:
                self._end(sid)
            if self._step_down is not None:
                await asyncio.gather(*(self._step_down(sid) for sid in served))
            await self._store.leave(self.node.sid)
        except StoreError as error:
            logger.warning("this node cannot hand over what it serves: %s", error)
        else:
            self._has_left = True

    async def close(self) -> None:
        """Hand over at once; no engine is at work any more."""
        if self._forget is None:
            return
        self._forget()
        self._forget = None
        await self._stop_beating()
        chores = [*self._chores]
        for chore in chores:
            chore.cancel()
        await asyncio.gather(*chores, return_exceptions=True)
        await self._lookups.close()
        self._good_until_s = float("-inf")
        if not self._has_left:
            with contextlib.suppress(StoreError):
                await self._store.leave(self.node.sid)

    async def _stop_beating(self) -> None:
        beating, self._beating = self._beating, None
        if beating is not None:
            beating.cancel()
            await asyncio.gather(beating, return_exceptions=True)

    # --- alive ---

    async def _keep_beating(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self.lease_s / _BEATS_PER_LEASE):
                    await self._hurry.wait()
            self._hurry.clear()
            try:
                await self.beat()
                self._failure = None
            except StoreError as error:
                if self._failure is None:
                    logger.warning("this node cannot say that it is alive: %s", error)
                self._failure = error
            except Exception:
                logger.exception("a look at the other nodes failed")
            await asyncio.sleep(_AT_LEAST_S)

    async def beat(self) -> None:
        """Say that this node is alive, and do what follows from who else is.

        Raises:
            StoreError: It is not known to be heard.
        """
        began_s, began_ms = self._seconds(), self._wall_ms()
        followed = [sid for sid, tenure in self._tenures.items() if tenure.epoch is None]
        pulse = await self._store.beat(self.node, round(self.lease_s * 1000), followed)
        # As it is now, not as it was before: the beat itself may have come too late.
        was_in_touch = self.in_touch
        self._take_clock(pulse.store_ms, began_ms, self._seconds() - began_s)
        self.nodes = pulse.nodes
        held = sum(one.held for one in pulse.nodes if one.node.sid == self.node.sid)
        leases: Mapping[str, Lease] = {}
        if not was_in_touch or held > len(self._held()):
            leases = await self._store.leases(None)
        ends = pulse.ends
        if not was_in_touch:
            # Somebody may have taken them, and even given them back.
            lost = [
                sid
                for sid in self._held()
                if sid not in leases or leases[sid].node_sid != self.node.sid
            ]
            for sid in lost:
                self._end(sid)
            if lost:
                ends = {**ends, **await self._store.end_of(lost)}
        self._hear_of_ends(ends)
        self._good_until_s = began_s + self.lease_s
        self._take_up(leases)
        await self._balance(pulse.workspaces, pulse.unserved)

    def _take_clock(self, store_ms: int, began_ms: int, took_s: float) -> None:
        """Go by the store's clock from now on; the answer was on its way for half of the time."""
        self._ahead_ms = store_ms - (began_ms + round(took_s * 500))
        if abs(self._ahead_ms) > _SKEW_WORTH_TELLING_MS and not self._skew_told:
            self._skew_told = True
            logger.warning(
                "the clock of this machine is %s ms %s that of the database: the database's holds",
                abs(self._ahead_ms),
                "behind" if self._ahead_ms > 0 else "ahead of",
            )

    def _hear_of_ends(self, ends: Mapping[str, int]) -> None:
        """Make sure of what a lost message may have told: where the followed journals end."""
        if self._ended is not None:
            for sid, position in ends.items():
                self._ended(sid, position)

    # --- who serves what ---

    async def _balance(self, workspaces: int, unserved: int) -> None:
        fair = -(-workspaces // max(1, len(self.nodes)))
        held = self._held()
        if len(held) > fair:
            at_once = max(1, round((len(held) - fair) * _HANDED_ON_AT_ONCE))
            self._spawn(self._hand_on(held[-at_once:]))
        elif len(held) < fair and unserved:
            for lease in await self._store.claim(self.node.sid, None, fair - len(held)):
                self._begin(lease)

    async def _hand_on(self, workspace_sids: Iterable[str]) -> None:
        """Give back what this node has too much, when nothing is under way for it."""
        for sid in workspace_sids:
            self._handing_on.add(sid)
            self._end(sid)
            try:
                if self._step_down is not None:
                    await self._step_down(sid)
                with contextlib.suppress(StoreError):
                    await self._store.release(self.node.sid, [sid])
            finally:
                self._handing_on.discard(sid)

    def _held(self) -> list[str]:
        """The workspaces with a lease of this node, as far as it knows, that others can see."""
        return [
            sid
            for sid, tenure in self._tenures.items()
            if tenure.epoch is not None and sid not in self._unsettled
        ]

    def _take_up(self, leases: Mapping[str, Lease]) -> None:
        """Serve what is this node's by the store.

        It may not know: the answer to a claim of its own was lost, or a lease was given up for
        lost that was not. Nobody else can take it while this node is alive.
        """
        for sid, lease in leases.items():
            if lease.node_sid == self.node.sid and sid not in self._handing_on:
                self._begin(lease)

    def _begin(self, lease: Lease) -> None:
        tenure = self.tenure(lease.workspace_sid)
        served = tenure.epoch is not None
        tenure.epoch, tenure.elsewhere = lease.epoch, None
        if not served:
            logger.info("serving a workspace", extra={"workspace_sid": lease.workspace_sid})
        self._tell(lease.workspace_sid, True)

    def _end(self, workspace_sid: str) -> None:
        tenure = self._tenures.get(workspace_sid)
        if tenure is None or tenure.epoch is None:
            return
        tenure.epoch = None
        logger.info("no longer serving a workspace", extra={"workspace_sid": workspace_sid})
        self._tell(workspace_sid, False)

    def _tell(self, workspace_sid: str, serves: bool) -> None:
        for listener in self._roles:
            listener(workspace_sid, serves)

    # --- what others tell ---

    def _hear(self, change: Change) -> None:
        match change:
            case Appended(workspace_sid, position):
                if not self.serves(workspace_sid) and self._ended is not None:
                    self._ended(workspace_sid, position)
            case LeaseMoved(None) | Missed():
                for tenure in self._tenures.values():
                    tenure.elsewhere = None
                self._hurry.set()
                self._look_again()
            case LeaseMoved(workspace_sid):
                if workspace_sid in self._tenures:
                    self._tenures[workspace_sid].elsewhere = None
                self._hurry.set()
            case WorkspaceListed():
                self._look_again()

    def _look_again(self) -> None:
        if self._listed is not None:
            self._spawn(self._listed())

    def _spawn(self, chore: Awaitable[None]) -> None:
        async def done() -> None:
            try:
                await chore
            except StoreError as error:
                logger.warning("what another node has told cannot be looked up: %s", error)

        task = asyncio.get_running_loop().create_task(done())
        self._chores.add(task)
        task.add_done_callback(self._chores.discard)
