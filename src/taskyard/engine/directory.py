"""Accounts, keys and workspaces; wakes a workspace on first use."""

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Callable
from typing import Any, TypeVar

from taskyard.core.causes import Cause
from taskyard.core.commands import CreateWorkspace, DeleteWorkspace
from taskyard.core.errors import LimitReached, NotFound
from taskyard.core.event_details import EventRecord
from taskyard.core.events import WorkspaceCreated, WorkspaceDeleted
from taskyard.core.ids import mint_from
from taskyard.core.limits import Limits
from taskyard.core.machine import Decided, Machine
from taskyard.core.state import State
from taskyard.stores import Account, KeptAnswer, Store, StoreError, WorkspaceEntry
from taskyard.stores.sharing import SharedStore

from .alerts import Alerts
from .answers import Answers
from .cluster import Cluster
from .collector import Walks, leave_alone
from .counters import Counters
from .credentials import LOOK_EVERY_S, Credentials
from .event_index import EventIndex, EventQuery
from .journal import Journal, TurnRecord
from .news import News
from .real_time import RealTimeView
from .snapshots import Snapshots
from .statistics import GATHER_S, STATISTICS_DAYS, Statistics
from .time_windows import DAY_MS
from .turns import WorkspaceEngine
from .unavailable import Closed, OutOfTouch, Unavailable
from .views import Feed, Feeds

T = TypeVar("T")
Follower = Callable[[WorkspaceEngine, TurnRecord], None]

_WOKEN_BEFORE_A_FREEZE = 100
"""A walk of the collector over thousands of workspaces is a pause for everybody."""

logger = logging.getLogger(__name__)


class Directory:
    """What belongs to no single workspace: the account, its API keys, which workspaces there are.

    Every workspace of the account is woken in the background after `open`, one after another: a
    timer may be due in any of them, and only a machine in memory knows. Who asks for one that still
    sleeps wakes it at once.
    """

    def __init__(
        self,
        store: Store,
        clock: Callable[[], int],
        random_bytes: Callable[[int], bytes],
        *,
        limits: Limits | None = None,
        snapshots: Snapshots | None = None,
        statistics_days: int = STATISTICS_DAYS,
        cluster: Cluster | None = None,
        seconds: Callable[[], float] = time.perf_counter,
        look_every_s: float = LOOK_EVERY_S,
    ) -> None:
        """Nothing is read yet: call `open`.

        Args:
            store: Opened and closed by the caller.
            clock: The instant, in milliseconds since the Unix epoch.
            random_bytes: Gives so many unpredictable bytes, for example `os.urandom`.
            limits: How much there may be of everything; the published limits if None.
            snapshots: Those of the same store; None folds whole journals.
            statistics_days: How far back windows of statistics may reach.
            cluster: This node among others that share the store; None if nobody else can write.
            seconds: The stopwatch by which long work lets others have the loop.
            look_every_s: Seconds between looks for credentials that have changed.
        """
        self.cluster = cluster
        self.counters = Counters(seconds)
        self.answers = Answers(store, clock)
        self.alerts = Alerts(store)
        self.credentials = Credentials(store, clock, random_bytes, look_every_s)
        self._store = store
        self._journal = Journal(store, self.counters)
        self._news = News(store) if isinstance(store, SharedStore) else None
        self._snapshots = snapshots
        self._event_index = EventIndex(store)
        serves = None if cluster is None else cluster.serves
        self.events_feed = Feed(store, self._event_index, serves=serves)
        self.statistics = Statistics(store, self._instant_in, statistics_days * DAY_MS)
        statistics_feed = Feed(
            store,
            self.statistics,
            hear=self.statistics.hear,
            gather_s=GATHER_S,
            let_go=self.statistics.let_go,
            serves=serves,
        )
        self.views = Feeds(self.events_feed, statistics_feed)
        self._real_times: dict[str, RealTimeView] = {}
        self._walks = Walks()
        self._clock = clock
        self._mint = mint_from(random_bytes)
        self._limits = limits or Limits()
        self._entries: dict[str, WorkspaceEntry] = {}
        self._engines: dict[str, WorkspaceEngine] = {}
        self._being_woken: dict[str, asyncio.Task[WorkspaceEngine]] = {}
        self._followers: list[Follower] = []
        self._waking_all: asyncio.Task[None] | None = None
        self._waking_alone: set[asyncio.Task[None]] = set()
        self._looking: asyncio.Task[None] | None = None
        self._foreign = 0
        """How many workspaces of other accounts somebody was told of."""
        self._closed = False

    async def open(self, account_sid: str | None = None, auth_token: str | None = None) -> bool:
        """Find out whose workspaces these are, and begin to wake them.

        Args:
            account_sid: The account to serve. Without it, the one in the store, or else a new one
                that is kept there.
            auth_token: Given with the account, and kept nowhere.

        Returns:
            Whether the account was made just now, so that somebody must be told its secret.

        Raises:
            ValueError: Only one of the two arguments is given.
            StoreError: The store cannot be read or written.
        """
        made = await self.credentials.open(account_sid, auth_token)
        await self._list_workspaces()
        if self.cluster is not None:
            self.cluster.on_change(self._serve)
            await self.cluster.open(
                self.account.sid,
                listed=self._list_workspaces,
                ended=self._hear_of,
                step_down=self._step_down,
            )
        self.answers.start_sweeping()
        loop = asyncio.get_running_loop()
        self._waking_all = loop.create_task(self._wake_all())
        self._looking = loop.create_task(self.credentials.keep_looking())
        return made

    async def awake(self) -> None:
        """Wait until every workspace that was there at the start is awake, or cannot be woken."""
        if self._waking_all is not None:
            await asyncio.wait([self._waking_all])

    def now_ms(self) -> int:
        """The instant, in milliseconds since the Unix epoch: the store's where nodes share it."""
        return self._clock()

    @property
    def account(self) -> Account:
        """The account that is served."""
        return self.credentials.account

    def workspaces(self) -> list[WorkspaceEntry]:
        """The account's workspaces, in the order of their creation."""
        return list(self._entries.values())

    def engines(self) -> list[WorkspaceEngine]:
        """The engines of the workspaces that are awake."""
        return list(self._engines.values())

    def snapshot_age_s(self, workspace_sid: str) -> float | None:
        """How long ago the state was that a workspace's newest snapshot holds; None without one."""
        if self._snapshots is None:
            return None
        newest_ms = self._snapshots.newest_ms(workspace_sid)
        return None if newest_ms is None else max(0, self._clock() - newest_ms) / 1000

    @property
    def limits(self) -> Limits:
        """How much there may be of everything."""
        return self._limits

    def follow(self, follower: Follower) -> None:
        """Tell somebody of every turn of every workspace; see `WorkspaceEngine.subscribe`."""
        self._followers.append(follower)

    async def probe(self) -> None:
        """Find out whether commands could be decided and kept now.

        Raises:
            StoreError: The store cannot be read or written.
            Closed: The directory is closed.
            OutOfTouch: This node does not know that its leases are good.
        """
        if self._closed:
            raise Closed("the directory is closed")
        obstacle = None if self.cluster is None else await self.cluster.obstacle()
        if obstacle is not None:
            raise OutOfTouch(obstacle)
        await self._store.probe()

    async def find_events(self, query: EventQuery) -> AsyncIterator[EventRecord]:
        """Past events; everything that is durable by now is among them.

        Raises:
            StoreError: They cannot be read, or what has just happened cannot be kept.
        """
        await self.events_feed.caught_up(query.workspace_sid)
        async for record in self._event_index.find(query):
            yield record

    async def events_begin_at(self, workspace_sid: str) -> int | None:
        """The position of the oldest event of a workspace that is kept; None if none is.

        Raises:
            StoreError: It cannot be read, or what has just happened cannot be kept.
        """
        await self.events_feed.caught_up(workspace_sid)
        return await self._event_index.begins_at(workspace_sid)

    async def turns_since(
        self, workspace_sid: str, after_position: int, from_ms: int
    ) -> AsyncIterator[TurnRecord]:
        """The turns of a workspace that are still kept after a position, from an instant on.

        Raises:
            StoreError: They cannot be read.
        """
        async for turn in self._journal.turns_since(workspace_sid, after_position, from_ms):
            yield turn

    async def callback_position(self, receiver: str) -> int | None:
        """Up to where a receiver of callbacks has been told; see `Store.callback_position`.

        Raises:
            StoreError: It cannot be read.
        """
        return await self._store.callback_position(receiver)

    async def keep_callback_position(self, receiver: str, position: int) -> None:
        """Note up to where it has been told.

        Raises:
            StoreError: It cannot be written.
        """
        await self._store.keep_callback_position(receiver, position)

    async def real_time(self, workspace_sid: str) -> RealTimeView:
        """The tasks of a workspace, counted; the first who asks waits until all have been.

        Raises:
            NotFound: The account has no such workspace.
            StoreError: Its journal cannot be read.
            Closed: The directory is closed.
        """
        engine = await self.engine(workspace_sid)
        view = self._real_times.get(workspace_sid)
        if view is None:
            view = self._real_times[workspace_sid] = RealTimeView(engine)
        await view.ready()
        return view

    async def engine(self, workspace_sid: str) -> WorkspaceEngine:
        """The engine of a workspace, woken if it sleeps.

        Raises:
            NotFound: The account has no such workspace.
            StoreError: Its journal cannot be read.
            Closed: The directory is closed.
        """
        if self._closed:
            raise Closed("the directory is closed")
        if workspace_sid not in self._entries and self.cluster is not None:
            await self._list_workspaces()
        if workspace_sid not in self._entries:
            raise NotFound("workspace", workspace_sid)
        awake = self._engines.get(workspace_sid)
        if awake is not None:
            return awake
        waking = self._being_woken.get(workspace_sid)
        if waking is None:
            waking = asyncio.get_running_loop().create_task(self._wake(workspace_sid))
            self._being_woken[workspace_sid] = waking
        # Others may wait for the same: one who gives up does not stop it.
        return await asyncio.shield(waking)

    async def create_workspace(
        self,
        command: CreateWorkspace,
        render: Callable[[State, Decided], T],
        keep: Callable[[T, int], KeptAnswer] | None = None,
        cause: Cause | None = None,
    ) -> T:
        """Have a workspace made; see `WorkspaceEngine.ask`."""
        if self._closed:
            raise Closed("the directory is closed")
        if len(self._entries) >= self._limits.workspaces:
            raise LimitReached(f"an account holds at most {self._limits.workspaces} workspaces")
        workspace_sid = self._mint("WS")
        if self.cluster is not None:
            self.cluster.found(workspace_sid)
        engine = self._new_engine(workspace_sid)
        self._engines[engine.workspace_sid] = engine
        try:
            await engine.start()
            return await engine.ask(command, render, keep, cause)
        except StoreError:
            # It may have been kept all the same.
            with contextlib.suppress(StoreError):
                await self._list_workspaces()
            raise
        finally:
            if self.cluster is not None:
                self.cluster.settled(engine.workspace_sid)
            if engine.position == 0:
                self._engines.pop(engine.workspace_sid, None)
                if self.cluster is not None:
                    self.cluster.forget(engine.workspace_sid)
                await engine.close()

    async def delete_workspace(self, workspace_sid: str, cause: Cause | None = None) -> None:
        """Have a workspace deleted; see `WorkspaceEngine.ask`.

        Raises:
            NotFound: The account has no such workspace.
        """
        engine = await self.engine(workspace_sid)
        await engine.ask(DeleteWorkspace(), lambda _state, _decided: None, cause=cause)
        await engine.close()

    async def hand_over(self) -> None:
        """Leave every workspace to the other nodes, if there are any; reads go on here."""
        if self.cluster is not None:
            await self.cluster.hand_over()

    async def close(self) -> None:
        """Close every engine. The store stays open."""
        self._closed = True
        waking: list[asyncio.Task[Any]] = [*self._being_woken.values()]
        waking += self._waking_alone
        waking += [task for task in (self._waking_all, self._looking) if task is not None]
        for task in waking:
            task.cancel()
        await asyncio.gather(*waking, return_exceptions=True)
        await self.answers.stop_sweeping()
        await self.credentials.close()
        if self._snapshots is not None:
            await self._snapshots.close()
        await asyncio.gather(*(engine.close() for engine in [*self._engines.values()]))
        await self.views.close()
        await self.alerts.close()
        await self.answers.drain()
        if self.cluster is not None:
            await self.cluster.close()

    async def _list_workspaces(self) -> None:
        foreign = 0
        listed = await self._store.workspaces()
        if self.cluster is not None:
            there = {entry.sid for entry in listed}
            for sid in [sid for sid in self._entries if sid not in there]:
                if sid not in self._engines:  # which has just made it, or will hear of its end
                    del self._entries[sid]
        for entry in listed:
            if entry.account_sid == self.account.sid:
                self._entries.setdefault(entry.sid, entry)
            else:
                foreign += 1
        if foreign > self._foreign:
            self._foreign = foreign
            logger.warning(
                "%d workspaces in the store belong to other accounts than %s and are not served",
                foreign,
                self.account.sid,
            )

    async def _wake_all(self) -> None:
        cluster = self.cluster
        mine = [sid for sid in self._entries if cluster is None or cluster.serves(sid)]
        for number, sid in enumerate(mine, 1):
            if number % _WOKEN_BEFORE_A_FREEZE == 0:
                leave_alone()
            try:
                await self.engine(sid)
            except NotFound:
                continue  # deleted in the meantime
            except StoreError as error:
                logger.error("workspace %s stays asleep: %s", sid, error)

    def _serve(self, workspace_sid: str, serves: bool) -> None:
        """Decide for a workspace from now on, or no longer."""
        engine = self._engines.get(workspace_sid)
        if engine is not None:
            engine.tenure_changed()
        elif serves and not self._closed:

            async def wake() -> None:
                try:
                    await self.engine(workspace_sid)
                except (NotFound, Unavailable):
                    pass  # deleted in the meantime, or closing
                except StoreError as error:
                    logger.error("workspace %s stays asleep: %s", workspace_sid, error)

            waking = asyncio.get_running_loop().create_task(wake())
            self._waking_alone.add(waking)
            waking.add_done_callback(self._waking_alone.discard)

    def _instant_in(self, workspace_sid: str) -> int:
        """The instant in a workspace, which may be ahead of a clock that was set back."""
        engine = self._engines.get(workspace_sid)
        return self._clock() if engine is None else engine.now_ms()

    def _hear_of(self, workspace_sid: str, position: int) -> None:
        """Another node has kept what a workspace's engine here may follow."""
        engine = self._engines.get(workspace_sid)
        if engine is not None:
            engine.hear_of(position)

    async def _step_down(self, workspace_sid: str) -> None:
        engine = self._engines.get(workspace_sid)
        if engine is not None:
            await engine.step_down()

    async def _wake(self, workspace_sid: str) -> WorkspaceEngine:
        try:
            engine = self._new_engine(workspace_sid)
            await engine.start()
            if engine.position == 0:
                await engine.close()
                raise StoreError(f"workspace {workspace_sid} is listed, but has no journal")
            self._engines[workspace_sid] = engine
            return engine
        finally:
            del self._being_woken[workspace_sid]

    def _new_engine(self, workspace_sid: str) -> WorkspaceEngine:
        def mint(prefix: str) -> str:
            # The engine must know whose it is before the machine decides anything.
            return workspace_sid if prefix == "WS" else self._mint(prefix)

        engine = WorkspaceEngine(
            workspace_sid,
            journal=self._journal,
            new_machine=lambda: Machine(mint=mint, limits=self._limits, witnessed=True),
            clock=self._clock,
            loop=asyncio.get_running_loop(),
            snapshots=self._snapshots,
            views=self.views,
            counters=self.counters,
            tenure=None if self.cluster is None else self.cluster.tenure(workspace_sid),
            news=self._news,
        )

        def tell_followers(turn: TurnRecord) -> None:
            for follower in self._followers:
                follower(engine, turn)

        engine.subscribe(self._note)
        engine.subscribe(tell_followers)
        engine.subscribe(self.views.note)
        engine.subscribe(self._walks.note)
        snapshots = self._snapshots
        if snapshots is not None and self.cluster is None:
            engine.subscribe(snapshots.note)
        elif snapshots is not None:
            engine.subscribe(lambda turn: snapshots.note(turn) if engine.serves else None)
        return engine

    def _note(self, turn: TurnRecord) -> None:
        """Follow what a turn means for the directory."""
        first, last = turn.events[0], turn.events[-1]
        if isinstance(first, WorkspaceCreated) and first.account_sid == self.account.sid:
            self._entries[turn.workspace_sid] = WorkspaceEntry(
                sid=turn.workspace_sid, account_sid=first.account_sid, created_ms=turn.at_ms
            )
        if isinstance(last, WorkspaceDeleted):
            if self.cluster is not None:
                self.cluster.forget(turn.workspace_sid)
            self._entries.pop(turn.workspace_sid, None)
            self._engines.pop(turn.workspace_sid, None)
            self._real_times.pop(turn.workspace_sid, None)
