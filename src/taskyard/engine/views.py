"""Readers of the journals, each with a cursor of its own.

A view makes something of what has happened that the state does not hold: an index of past events,
sums over time. It is told of every turn once the turn is durable, keeps what it made of it together
with how far it has come, and so never misses a turn and never counts one twice. It runs a little
behind, off the path of any command; after a crash the workspace tells it again what it had heard
but not kept.

Where nodes share a store, a view is brought further by the node that serves the workspace. The view
of every other hears the same turns, and holds on to them until that node has kept them.
"""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

from taskyard.stores import StaleView, Store, StoreError

from .journal import TurnRecord

_GATHER_S = 0.5
"""A view writes for many turns at once, and people who look wait for it explicitly."""
_EVENTS_AT_ONCE = 4_000
_EVENTS_WAITING_MAX = 60_000
"""Beyond this a workspace takes no further turn until the view has caught up: about 60 MB."""
_REST_S = 1.0
_LOOK_AGAIN_S = 0.05
"""Between looks at whether another node has kept what somebody waits for …"""
_PATIENCE_S = 5.0
"""… and for so long."""

logger = logging.getLogger(__name__)


class View(Protocol):
    """What makes something of the journals."""

    name: str
    """Under which its positions are kept."""

    async def follow(self, turns: Sequence[TurnRecord]) -> None:
        """Keep what these turns mean and the position after the last of each workspace.

        All of it or nothing.

        Raises:
            StoreError: It could not be kept; the same turns come again.
        """
        ...


class Feed:
    """Brings the turns of all workspaces to one view, in the order of each."""

    def __init__(
        self,
        store: Store,
        view: View,
        hear: Callable[[TurnRecord], None] | None = None,
        gather_s: float | None = None,
        let_go: Callable[[str, Sequence[TurnRecord]], None] | None = None,
        serves: Callable[[str], bool] | None = None,
    ) -> None:
        """Nothing is read yet.

        Args:
            store: Where the view's positions are.
            view: Whom to tell.
            hear: Is given each turn at once, before the view is asked to keep it, for a view that
                shows what it has not kept yet.
            gather_s: Seconds for which turns are gathered before the view is asked to keep them;
                half a second if None.
            let_go: Is told of a workspace whose turns another node has kept, and which turns are
                all that is still not kept, for a view with `hear`.
            serves: Whether this node brings the view further for a workspace; it does for all of
                them if None.
        """
        self._store = store
        self._view = view
        self._hear = hear
        self._gather_s = gather_s
        self._let_go = let_go
        self._serves = serves
        self._heard: dict[str, int] = {}
        """Up to where the view knows each workspace, or will in a moment."""
        self._turns: deque[TurnRecord] = deque()
        self._events_waiting = 0
        self._awaited: dict[str, deque[TurnRecord]] = {}
        """By workspace that another node serves: what that one may not have kept yet."""
        # Counts of turns.
        self._noted = 0
        self._kept = 0
        self._wanted = 0
        self._failure: StoreError | None = None
        """Why the view could not keep what was brought to it last."""
        self._hurry = asyncio.Event()
        self._moved = asyncio.Condition()
        self._running: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def events_waiting(self) -> int:
        """How many events are durable but not yet in the view."""
        return self._events_waiting

    async def heard_position(self, workspace_sid: str) -> int:
        """Up to where the view has heard of a workspace: what follows is news to it.

        Raises:
            StoreError: Nobody can say.
        """
        if workspace_sid not in self._heard:
            position = await self._store.view_position(self._view.name, workspace_sid)
            self._heard.setdefault(workspace_sid, position)
        return self._heard[workspace_sid]

    async def kept_position(self, workspace_sid: str) -> int:
        """Up to where the view has kept what it made of a workspace's journal.

        Raises:
            StoreError: Nobody can say.
        """
        if not self._is_served(workspace_sid):
            return await self._store.view_position(self._view.name, workspace_sid)
        for turns in (self._awaited.get(workspace_sid, deque()), self._turns):
            for turn in turns:
                if turn.workspace_sid == workspace_sid:
                    return turn.first_position - 1
        return await self.heard_position(workspace_sid)

    def note(self, turn: TurnRecord) -> None:
        """Hear of a durable turn; for `WorkspaceEngine.subscribe`."""
        if turn.last_position <= self._heard.get(turn.workspace_sid, 0):
            return
        self._heard[turn.workspace_sid] = turn.last_position
        if self._hear is not None:
            self._hear(turn)
        # Whoever begins to serve it finds out first what of the turns before is kept: until then
        # this one waits behind them, or the view would be brought past them.
        if self._is_served(turn.workspace_sid) and turn.workspace_sid not in self._awaited:
            self._turns.append(turn)
            self._noted += 1
            self._events_waiting += len(turn.events)
        else:
            self._awaited.setdefault(turn.workspace_sid, deque()).append(turn)
        if self._events_waiting >= _EVENTS_AT_ONCE:
            self._hurry.set()
        if self._running is None and not self._closed:
            self._running = asyncio.get_running_loop().create_task(self._run())

    @property
    def is_full(self) -> bool:
        """Whether the view is so far behind that nobody should make more for it to do."""
        return self._events_waiting > _EVENTS_WAITING_MAX

    async def has_room(self) -> None:
        """Wait until the view is no longer too far behind, but not for long: look again then."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_REST_S), self._moved:
                await self._moved.wait_for(lambda: self._closed or not self.is_full)

    async def caught_up(self, workspace_sid: str | None = None) -> None:
        """Wait until the view has kept all that it has heard by now.

        Args:
            workspace_sid: Of this workspace, also where it is for another node to keep it.

        Raises:
            StoreError: It has tried and cannot.
        """
        position = self._heard.get(workspace_sid or "", 0)
        await self._kept_elsewhere(workspace_sid, position)
        await self._kept_here()
        # Another node may serve it since: then what was given up here is for that one to keep.
        await self._kept_elsewhere(workspace_sid, position)
        await self._kept_here()

    async def _kept_here(self) -> None:
        wanted = self._wanted = self._noted
        if self._kept >= wanted:
            return
        self._failure = None
        self._hurry.set()
        async with self._moved:
            await self._moved.wait_for(
                lambda: self._closed or self._kept >= wanted or self._failure is not None
            )
        if self._kept < wanted and self._failure is not None:
            raise self._failure

    async def close(self) -> None:
        """Let the view keep what it has heard, if it can, and tell it nothing more."""
        self._closed = True
        self._hurry.set()
        if self._running is not None:
            await asyncio.wait([self._running])
        async with self._moved:
            self._moved.notify_all()

    async def _run(self) -> None:
        try:
            while self._turns or (self._awaited and not self._closed):
                if not self._is_urgent():
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(self._gather_s or _GATHER_S):
                            await self._hurry.wait()
                self._hurry.clear()
                try:
                    await self.look()
                except StoreError as error:
                    logger.warning(
                        "view %s: what other nodes have kept cannot be read: %s",
                        self._view.name,
                        error,
                    )
                if not self._turns or await self._bring_some():
                    continue
                if self._closed:
                    return
                await asyncio.sleep(_REST_S)
        finally:
            self._running = None

    def _is_urgent(self) -> bool:
        return self._closed or self._kept < self._wanted or self._events_waiting >= _EVENTS_AT_ONCE

    async def _bring_some(self) -> bool:
        """Bring as many events as make a good write, and say whether they need not come again."""
        some: list[TurnRecord] = []
        events = 0
        for turn in self._turns:
            some.append(turn)
            events += len(turn.events)
            if events >= _EVENTS_AT_ONCE:
                break
        try:
            await self._view.follow(some)
        except StaleView as error:
            logger.info("view %s: another node has kept this: %s", self._view.name, error)
            return await self._pass_over([turn.workspace_sid for turn in some])
        except StoreError as error:
            logger.warning("view %s cannot keep what it has heard: %s", self._view.name, error)
            self._failure = error
            async with self._moved:
                self._moved.notify_all()
            return False
        except Exception:
            # The same again would fail again, and in the end hold up the workspaces themselves.
            logger.exception(
                "view %s: %d events are left out because of a bug", self._view.name, events
            )
        for _ in some:
            self._turns.popleft()
        self._kept += len(some)
        self._events_waiting -= events
        async with self._moved:
            self._moved.notify_all()
        return True

    # --- where several nodes share the store ---

    def _is_served(self, workspace_sid: str) -> bool:
        return self._serves is None or self._serves(workspace_sid)

    async def look(self) -> None:
        """Let go of what others have kept; take over what is for this node to keep, or give it up.

        Raises:
            StoreError: Nobody can say what is kept.
        """
        if self._serves is None:
            return
        given_up = [turn for turn in self._turns if not self._is_served(turn.workspace_sid)]
        for turn in given_up:
            self._turns.remove(turn)
            self._events_waiting -= len(turn.events)
            self._kept += 1
            awaited = self._awaited.setdefault(turn.workspace_sid, deque())
            awaited.append(turn)
            self._awaited[turn.workspace_sid] = deque(
                sorted(awaited, key=lambda one: one.first_position)
            )
        if given_up:  # whoever waits for them here waits elsewhere now
            async with self._moved:
                self._moved.notify_all()
        for workspace_sid in [*self._awaited]:
            await self._look_at(workspace_sid)
            if self._is_served(workspace_sid):
                self._take_over(workspace_sid)

    def _take_over(self, workspace_sid: str) -> None:
        """Keep here what another node has not kept: it follows what is to be kept here already."""
        mine = self._awaited.pop(workspace_sid, ())
        self._turns.extend(mine)
        self._noted += len(mine)
        self._events_waiting += sum(len(turn.events) for turn in mine)

    async def _look_at(self, workspace_sid: str) -> None:
        """Let go of what another node has kept of a workspace."""
        position = await self._store.view_position(self._view.name, workspace_sid)
        awaited = self._awaited.get(workspace_sid)
        if not awaited or awaited[0].last_position > position:
            return
        while awaited and awaited[0].last_position <= position:
            awaited.popleft()
        if self._let_go is not None:
            self._let_go(workspace_sid, [*awaited])
        if not awaited:
            del self._awaited[workspace_sid]

    async def _pass_over(self, workspace_sids: Sequence[str]) -> bool:
        """Leave out what another node has kept in the meantime, and say whether there was any."""
        passed = 0
        for workspace_sid in dict.fromkeys(workspace_sids):
            try:
                position = await self._store.view_position(self._view.name, workspace_sid)
            except StoreError as error:
                self._failure = error
                return False
            mine = [turn for turn in self._turns if turn.workspace_sid == workspace_sid]
            kept = [turn for turn in mine if turn.last_position <= position]
            for turn in kept:
                self._turns.remove(turn)
                self._events_waiting -= len(turn.events)
            passed += len(kept)
            if kept and self._let_go is not None:
                self._let_go(workspace_sid, mine[len(kept) :])
        self._kept += passed
        async with self._moved:
            self._moved.notify_all()
        return passed > 0

    async def _kept_elsewhere(self, workspace_sid: str | None, wanted: int) -> None:
        """Wait until the node that serves a workspace has kept what was heard up to a position.

        Where that is this node by now, it is for `_kept_here` to wait for it.

        Raises:
            StoreError: It has not, for long.
        """
        loop = asyncio.get_running_loop()
        until_s = loop.time() + _PATIENCE_S
        while workspace_sid is not None and self._awaits(workspace_sid, wanted):
            await self._look_at(workspace_sid)
            if not self._awaits(workspace_sid, wanted):
                return
            if self._is_served(workspace_sid):
                return self._take_over(workspace_sid)
            if loop.time() > until_s:
                raise StoreError(
                    f"view {self._view.name}: the node that serves workspace {workspace_sid} has "
                    f"not kept position {wanted} within {_PATIENCE_S:g} s"
                )
            await asyncio.sleep(_LOOK_AGAIN_S)

    def _awaits(self, workspace_sid: str, wanted: int) -> bool:
        awaited = self._awaited.get(workspace_sid)
        return awaited is not None and awaited[0].first_position <= wanted


class Feeds:
    """The feeds of several views, each with its own cursors, as engines see them."""

    def __init__(self, *feeds: Feed) -> None:
        self._feeds = feeds

    async def heard_position(self, workspace_sid: str) -> int:
        """Up to where every view has heard of a workspace; each passes over what it knows.

        Raises:
            StoreError: Nobody can say.
        """
        return min([await feed.heard_position(workspace_sid) for feed in self._feeds])

    async def kept_position(self, workspace_sid: str) -> int:
        """Up to where every view has kept what it made of a workspace's journal.

        Raises:
            StoreError: Nobody can say.
        """
        return min([await feed.kept_position(workspace_sid) for feed in self._feeds])

    def note(self, turn: TurnRecord) -> None:
        """Hear of a durable turn; for `WorkspaceEngine.subscribe`."""
        for feed in self._feeds:
            feed.note(turn)

    @property
    def is_full(self) -> bool:
        """Whether one of the views is too far behind."""
        return any(feed.is_full for feed in self._feeds)

    async def has_room(self) -> None:
        """Wait until a view that was too far behind no longer is, but not for long."""
        for feed in self._feeds:
            if feed.is_full:
                await feed.has_room()

    async def look(self) -> None:
        """Let every view go by what other nodes have kept.

        Raises:
            StoreError: Nobody can say what that is.
        """
        for feed in self._feeds:
            await feed.look()

    async def caught_up(self) -> None:
        """Wait until every view has kept all that it has heard by now."""
        for feed in self._feeds:
            await feed.caught_up()

    async def close(self) -> None:
        """Let every view keep what it has heard, if it can."""
        for feed in self._feeds:
            await feed.close()
