"""Readers of the journals, each with a cursor of its own.

A view makes something of what has happened that the state does not hold: an index of past events,
sums over time. It is told of every turn once the turn is durable, keeps what it made of it together
with how far it has come, and so never misses a turn and never counts one twice. It runs a little
behind, off the path of any command; after a crash the workspace tells it again what it had heard
but not kept.
"""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable, Sequence
from typing import Protocol

from taskyard.stores import Store, StoreError

from .journal import TurnRecord

_GATHER_S = 0.5
"""A view writes for many turns at once, and people who look wait for it explicitly."""
_EVENTS_AT_ONCE = 4_000
_EVENTS_WAITING_MAX = 60_000
"""Beyond this a workspace takes no further turn until the view has caught up: about 60 MB."""
_REST_S = 1.0

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
    ) -> None:
        """Nothing is read yet.

        Args:
            store: Where the view's positions are.
            view: Whom to tell.
            hear: Is given each turn at once, before the view is asked to keep it, for a view that
                shows what it has not kept yet.
            gather_s: Seconds for which turns are gathered before the view is asked to keep them;
                half a second if None.
        """
        self._store = store
        self._view = view
        self._hear = hear
        self._gather_s = gather_s
        self._heard: dict[str, int] = {}
        """Up to where the view knows each workspace, or will in a moment."""
        self._turns: deque[TurnRecord] = deque()
        self._events_waiting = 0
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
        for turn in self._turns:
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
        self._turns.append(turn)
        self._noted += 1
        self._events_waiting += len(turn.events)
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

    async def caught_up(self) -> None:
        """Wait until the view has kept all that it has heard by now.

        Raises:
            StoreError: It has tried and cannot.
        """
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
            while self._turns:
                if not self._is_urgent():
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(self._gather_s or _GATHER_S):
                            await self._hurry.wait()
                self._hurry.clear()
                if await self._bring_some():
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

    async def caught_up(self) -> None:
        """Wait until every view has kept all that it has heard by now."""
        for feed in self._feeds:
            await feed.caught_up()

    async def close(self) -> None:
        """Let every view keep what it has heard, if it can."""
        for feed in self._feeds:
            await feed.close()
