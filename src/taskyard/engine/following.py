"""Following one workspace's events from a position: from memory, or from the index when behind.

A tail keeps the last events of one workspace that somebody follows. Whoever keeps up reads from it;
whoever is behind reads from the event index in pieces until the tail goes on from there. So nobody
waits for a follower, and however slow one is, it holds one piece at most.
"""

import asyncio
from bisect import bisect_right
from operator import attrgetter

import msgspec

from taskyard.core.event_details import EventRecord
from taskyard.core.events import WorkspaceDeleted

from .directory import Directory
from .event_index import EventQuery, records_of
from .journal import TurnRecord
from .turns import WorkspaceEngine

_KEPT = 1_000
_AT_ONCE = 100
_position = attrgetter("position")


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """What follows a position.

    Attributes:
        records: The events, in their order; there may be none that are told of.
        position: Up to here nothing else was told.
        missing_from: The first position of which nothing is kept any more, though it was asked for;
            None if nothing is missing. What is kept begins with `records`.
        is_last: Whether nothing ever follows, because the workspace is deleted.
    """

    records: list[EventRecord]
    position: int
    missing_from: int | None = None
    is_last: bool = False


class Tail:
    """The last events of one workspace, as long as somebody follows them."""

    def __init__(self, engine: WorkspaceEngine) -> None:
        """Keep what happens from now on."""
        self.followers = 0
        self.moved = asyncio.Event()
        """Set, and replaced by a new one, when more has happened."""
        self.position = engine.position
        self._after = engine.position
        self._records: list[EventRecord] = []
        self._deleted = engine.sees(lambda state: state.deleted)
        self.forget = engine.subscribe(self._note)

    def since(self, position: int) -> Piece | None:
        """What followed a position; None if that is too long ago to be still here."""
        if position < self._after:
            return None
        begin = bisect_right(self._records, position, key=_position)
        records = self._records[begin : begin + _AT_ONCE]
        is_all = begin + _AT_ONCE >= len(self._records)
        return Piece(
            records=records,
            position=max(position, self.position) if is_all else records[-1].position,
            is_last=self._deleted and is_all,
        )

    def _note(self, turn: TurnRecord) -> None:
        self._records.extend(records_of(turn))
        self.position = turn.last_position
        self._deleted = isinstance(turn.events[-1], WorkspaceDeleted)
        if len(self._records) > 2 * _KEPT:
            self._after = self._records[-_KEPT - 1].position
            del self._records[:-_KEPT]
        self.moved.set()
        self.moved = asyncio.Event()


class Follower:
    """One reader of a workspace's events, at a position of its own."""

    def __init__(self, directory: Directory, workspace_sid: str, tail: Tail, after: int) -> None:
        """Begin with what follows a position; see `Tails.follow`."""
        self._directory = directory
        self._workspace_sid = workspace_sid
        self._tail = tail
        self.position = after

    @property
    def durable(self) -> int:
        """Up to where the workspace's journal reaches."""
        return self._tail.position

    async def next(self, patience_s: float) -> Piece | None:
        """What follows what was given before.

        Args:
            patience_s: For how many seconds to wait for it.

        Returns:
            The next piece; None if nothing has happened in that time.

        Raises:
            StoreError: What is needed cannot be read; it may be asked for again.
        """
        moved = self._tail.moved
        piece = self._tail.since(self.position)
        if piece is None:
            piece = await self._read()
        elif piece.position == self.position and not piece.is_last:
            try:
                async with asyncio.timeout(patience_s):
                    await moved.wait()
            except TimeoutError:
                return None
            return await self.next(patience_s)
        self.position = piece.position
        return piece

    async def _read(self) -> Piece:
        """A piece from the index."""
        durable = self._tail.position
        records: list[EventRecord] = []
        query = EventQuery(
            workspace_sid=self._workspace_sid, after_position=self.position, oldest_first=True
        )
        async for record in self._directory.find_events(query):
            records.append(record)
            if len(records) == _AT_ONCE:
                break
        is_all = len(records) < _AT_ONCE
        end = records[-1].position if records else self.position
        missing = None
        if not records or records[0].position > self.position + 1:
            # Some events are told to nobody, so a hole alone does not say that something went.
            begins = await self._directory.events_begin_at(self._workspace_sid)
            if begins is None or begins > self.position + 1:
                missing = self.position + 1
        return Piece(
            records=records,
            position=max(end, durable) if is_all else end,
            missing_from=missing,
        )


class Tails:
    """The tails of the workspaces that are followed."""

    def __init__(self, directory: Directory) -> None:
        """Nobody follows anything yet."""
        self._directory = directory
        self._tails: dict[str, Tail] = {}

    async def follow(self, workspace_sid: str, after: int | None) -> Follower:
        """A new follower; give it back to `leave`.

        Args:
            workspace_sid: Whose events.
            after: The position after which to begin; None for now.

        Raises:
            NotFound: The account has no such workspace.
            StoreError: It cannot be woken.
            ValueError: So much has never happened.
        """
        return self.follow_engine(await self._directory.engine(workspace_sid), after)

    def follow_engine(self, engine: WorkspaceEngine, after: int | None) -> Follower:
        """The same for a workspace that may be deleted already, but whose engine is known.

        Raises:
            ValueError: So much has never happened.
        """
        workspace_sid = engine.workspace_sid
        if after is not None and after > engine.position:
            raise ValueError(engine.position)
        tail = self._tails.get(workspace_sid)
        if tail is None:
            tail = self._tails[workspace_sid] = Tail(engine)
        tail.followers += 1
        begin = tail.position if after is None else after
        return Follower(self._directory, workspace_sid, tail, begin)

    def leave(self, follower: Follower) -> None:
        """Follow no more."""
        tail, sid = follower._tail, follower._workspace_sid
        tail.followers -= 1
        if not tail.followers:
            tail.forget()
            if self._tails.get(sid) is tail:
                del self._tails[sid]
