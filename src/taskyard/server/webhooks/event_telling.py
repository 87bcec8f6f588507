"""Tells the receiver of one workspace what happens in it, from a place that is kept.

An event counts as told when its callback was answered with a status below 400, or when the policy
of its address has nothing left to try.

Source: TaskRouter, events, sections 5 and 6. Choice: an event that nobody could be told for a day
is told to nobody.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping

import msgspec

from taskyard.core.event_details import EventRecord
from taskyard.core.events import WorkspaceCreated, WorkspaceUpdated, event_type
from taskyard.core.ids import event_sid
from taskyard.engine import Alert, Directory, EventQuery, ServedElsewhere, WorkspaceEngine
from taskyard.engine.following import Follower, Piece, Tails
from taskyard.server.events.asked_types import asked_type
from taskyard.server.events.callback import callback_parameters

from .excerpts import excerpt, said, sent, shown_url
from .overrides import EVENTS
from .sender import Reply, Sender

HTTP_RETRIEVAL_FAILURE = 11200
NOT_JSON = 40000
STALE_MS = 24 * 3_600_000
_NEW_MS = 600_000
"""A receiver that was named so lately, and of whom no place is kept, was not told of anything."""
_PATIENCE_S = 1.0
_KEPT_EVERY = 100
"""After so many, how far one has come is kept: so many may come twice after a crash."""


class Wish(msgspec.Struct, frozen=True):
    """Where a workspace wants which events told, as of some moment."""

    url: str
    types: frozenset[str]

    def wants(self, record: EventRecord) -> bool:
        """Whether this event is to be told; no types means all."""
        return bool(self.url) and (not self.types or event_type(record.event) in self.types)


def wish_of(url: str, events_filter: str | None) -> Wish:
    """The wish that the settings of a workspace express."""
    types = (one.strip() for one in (events_filter or "").split(","))
    return Wish(url, frozenset(asked_type(one) for one in types if one))


class Tally(msgspec.Struct):
    """How many event callbacks were answered with a status below 300, and how many were not."""

    told: int = 0
    failed: int = 0


class Telling:
    """Tells the receiver of one workspace."""

    def __init__(
        self,
        directory: Directory,
        tails: Tails,
        sender: Sender,
        engine: WorkspaceEngine,
        clock: Callable[[], int],
        tally: Tally,
        at_once: int,
    ) -> None:
        """Nothing is told yet: call `run`.

        Args:
            directory: Where the workspaces are.
            tails: What is followed.
            sender: Sends each callback.
            engine: The workspace's.
            clock: The instant, in milliseconds since the epoch.
            tally: Where what was told is counted.
            at_once: How many callbacks may be under way; more than one come in any order.
        """
        self._directory = directory
        self._tails = tails
        self._sender = sender
        self._engine = engine
        self._sid = engine.workspace_sid
        self._clock = clock
        self._wish = wish_of("", None)
        self._tally = tally
        self._at_once = at_once
        self._heard = 0
        """Up to here everything was told, or is under way."""
        self._under_way: dict[int, asyncio.Task[None]] = {}
        """By position, in their order: callbacks that are not done, or that could not be tried."""
        self._kept = 0
        self._begun = False

    @property
    def behind(self) -> int:
        """How many durable events have not been told, or passed over, yet."""
        return max(0, self._engine.position - self._told) if self._begun else 0

    @property
    def _told(self) -> int:
        """Up to here nothing is left to tell."""
        return next(iter(self._under_way)) - 1 if self._under_way else self._heard

    async def run(self) -> None:
        """Tell all that is to be told, until the workspace is deleted.

        Raises:
            NotFound: It is deleted, and what it wanted is no longer known.
            StoreError: Something cannot be read or written.
        """
        self._heard = self._kept = await self._begin()
        self._begun = True
        self._wish = await self._wish_at(self._heard)
        # By its engine: it may have been deleted a moment ago, and that is to be told as well.
        follower = self._tails.follow_engine(self._engine, self._heard)
        try:
            while await self._tell_a_piece(follower):
                pass
            await self._until_at_most(0)
        finally:
            self._tails.leave(follower)
            await self._cut()
            await self._keep()

    async def _begin(self) -> int:
        kept = await self._directory.callback_position(self._sid)
        if kept is not None:
            return kept
        # More may have happened since a receiver was named for the first time, and the process may
        # have ended right after it; the first naming counts, whatever was wished later.
        position = self._engine.position
        async for named, wish in self._wishes(self._clock() - _NEW_MS, 2**53, oldest_first=True):
            if wish.url:
                position = named - 1
                break
        await self._directory.keep_callback_position(self._sid, position)
        return position

    async def _tell_a_piece(self, follower: Follower) -> bool:
        piece = await follower.next(_PATIENCE_S)
        if piece is None:
            await self._until_at_most(self._at_once)
            await self._keep()
            return True
        if piece.missing_from is not None and self._wish.url:
            self._alert(
                f"events from {piece.missing_from} on are no longer kept and were never told",
                HTTP_RETRIEVAL_FAILURE,
                self._wish.url,
            )
        await self._tell_of(piece)
        return not piece.is_last

    async def _tell_of(self, piece: Piece) -> None:
        for record in piece.records:
            event = record.event
            if isinstance(event, WorkspaceCreated | WorkspaceUpdated):
                self._wish = wish_of(event.event_callback_url, event.events_filter)
            if self._wish.wants(record) and self._clock() - record.at_ms < STALE_MS:
                await self._until_at_most(self._at_once - 1)
                self._begin_to_send(record)
            self._heard = record.position
            if self._told - self._kept >= _KEPT_EVERY:
                await self._keep()
        self._heard = piece.position

    # --- what is under way ---

    def _begin_to_send(self, record: EventRecord) -> None:
        sending = asyncio.get_running_loop().create_task(self._send(record, self._wish.url))
        self._under_way[record.position] = sending

        def done(_: asyncio.Task[None]) -> None:
            if not sending.cancelled() and sending.exception() is None:
                del self._under_way[record.position]

        sending.add_done_callback(done)

    async def _until_at_most(self, most: int) -> None:
        """Wait until no more than so many are under way.

        Raises:
            ServedElsewhere: One of them could not be tried: another node tells this workspace.
        """
        while True:
            for sending in [*self._under_way.values()]:
                if sending.done():
                    sending.result()
            if len(self._under_way) <= most:
                return
            await asyncio.wait(self._under_way.values(), return_when=asyncio.FIRST_COMPLETED)

    async def _cut(self) -> None:
        """Give up what is under way: it is told again from where this one left off."""
        if self._under_way:
            for sending in self._under_way.values():
                sending.cancel()
            await asyncio.wait(self._under_way.values())

    async def _send(self, record: EventRecord, url: str) -> None:
        if not self._engine.serves:
            raise ServedElsewhere(self._sid, None)
        form = callback_parameters(record, self._directory.account.sid, self._sid)
        reply = await self._sender.post(url, form, EVENTS)
        if reply.status is None or reply.status >= 300:
            self._tally.failed += 1
        else:
            self._tally.told += 1
        problem = _problem_of(reply)
        if problem is not None:
            code, message = problem
            self._alert(message, code, url, record, form, reply)

    def _alert(
        self,
        message: str,
        code: int,
        url: str,
        record: EventRecord | None = None,
        form: Mapping[str, str] | None = None,
        reply: Reply | None = None,
    ) -> None:
        details = None if record is None else record.details
        self._directory.alerts.add(
            Alert(
                at_ms=self._clock(),
                code=code,
                level="error",
                message=f"event callback: {message}",
                account_sid=self._directory.account.sid,
                workspace_sid=self._sid,
                task_sid=details.task.sid if details and details.task else None,
                reservation_sid=(
                    details.reservation.sid if details and details.reservation else None
                ),
                worker_sid=details.worker.sid if details and details.worker else None,
                event_sid=None if record is None else event_sid(self._sid, record.position),
                url=shown_url(url),
                request=None if form is None else sent(form),
                response=None if reply is None else excerpt(reply),
            )
        )

    async def _keep(self) -> None:
        told = self._told
        if told > self._kept:
            await self._directory.keep_callback_position(self._sid, told)
            self._kept = told

    async def _wish_at(self, position: int) -> Wish:
        """What was wanted after so many events."""
        if position == 0:
            return wish_of("", None)
        async for _, wish in self._wishes(0, position + 1):
            return wish
        # It was named so long ago that this is no longer kept, and has not changed since.
        return await self._engine.read(
            lambda state, _: wish_of(
                state.workspace.event_callback_url, state.workspace.events_filter
            )
        )

    async def _wishes(
        self, from_ms: int, before_position: int, *, oldest_first: bool = False
    ) -> AsyncIterator[tuple[int, Wish]]:
        """What was wished since an instant, each with its position; the newest first."""
        # A workspace is created before it is updated.
        kinds = ["workspace.created", "workspace.updated"]
        for kind in kinds if oldest_first else reversed(kinds):
            query = EventQuery(
                workspace_sid=self._sid,
                names=(kind,),
                from_ms=from_ms,
                before_position=before_position,
                oldest_first=oldest_first,
            )
            async for record in self._directory.find_events(query):
                event = record.event
                assert isinstance(event, WorkspaceCreated | WorkspaceUpdated)
                yield record.position, wish_of(event.event_callback_url, event.events_filter)


def _problem_of(reply: Reply) -> tuple[int, str] | None:
    """A code and what the operator is to know of an answer; None if it is a good one."""
    if reply.status is None or reply.status >= 400:
        return HTTP_RETRIEVAL_FAILURE, said(reply)
    if reply.status >= 300:
        return HTTP_RETRIEVAL_FAILURE, "redirects are not followed"
    if reply.body and reply.content_type != "application/json":
        return NOT_JSON, "the answer is not application/json"
    return None
