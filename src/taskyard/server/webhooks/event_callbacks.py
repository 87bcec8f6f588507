"""Event callbacks: tells the address that a workspace names what happens in it.

Each workspace is told strictly in the order of its events, one at a time, from a place that is
kept: a restart goes on there. An event counts as told when its callback was answered with a status
below 400, or when the policy of its address has nothing left to try.

Source: TaskRouter, events, sections 5 and 6. Choice: an event that nobody could be told for a day
is told to nobody.
"""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Callable, Mapping

import msgspec

from taskyard.core.errors import NotFound
from taskyard.core.event_details import EventRecord
from taskyard.core.events import WorkspaceCreated, WorkspaceUpdated, event_type
from taskyard.core.ids import event_sid
from taskyard.engine import (
    Alert,
    Directory,
    EventQuery,
    ServedElsewhere,
    TurnRecord,
    WorkspaceEngine,
)
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
_TOLD_AT_ONCE = 100
"""After so many, how far one has come is kept: so many may come twice after a crash."""

logger = logging.getLogger(__name__)


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


class EventCallbacks:
    """Looks after all workspaces that want callbacks.

    Attributes:
        tally: How many were told.
        seconds: What each took.
    """

    def __init__(
        self,
        directory: Directory,
        tails: Tails,
        sender: Sender,
        *,
        clock: Callable[[], int],
        unavailable: tuple[type[Exception], ...],
    ) -> None:
        """Nothing is sent yet: call `start`.

        Args:
            directory: Where the workspaces are.
            tails: What is followed.
            sender: Sends each callback.
            clock: The instant, in milliseconds since the epoch.
            unavailable: Failures that pass: after one it is tried again.
        """
        self._directory = directory
        self._tails = tails
        self._sender = sender
        self._clock = clock
        self._unavailable = unavailable
        self.tally = Tally()
        self.seconds = sender.seconds
        self._tellings: dict[str, Telling] = {}
        self._telling: dict[str, asyncio.Task[None]] = {}
        self._looking: asyncio.Task[None] | None = None
        self._waking: set[asyncio.Task[None]] = set()
        self._closed = False

    @property
    def in_flight(self) -> int:
        """How many are under way."""
        return self._sender.in_flight

    @property
    def behind(self) -> int:
        """How many durable events have not been told, or passed over, yet."""
        return sum(one.behind for one in self._tellings.values())

    def start(self) -> None:
        """Look after the workspaces that there are, and those to come."""
        self._directory.follow(self._note)
        if self._directory.cluster is not None:
            self._directory.cluster.on_change(self._hand_over)
        self._looking = asyncio.get_running_loop().create_task(self._look())

    async def close(self) -> None:
        """Tell nothing more. What is under way is cut, and told again after the next start."""
        self._closed = True
        looking = [self._looking] if self._looking else []
        tasks = [*self._telling.values(), *self._waking, *looking]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        await self._sender.close()

    async def _look(self) -> None:
        await self._directory.awake()
        for engine in self._directory.engines():
            self._look_after(engine)

    def _hand_over(self, workspace_sid: str, serves: bool) -> None:
        """Begin where another node has left off, or leave off: only one node tells a receiver."""
        if not serves:
            if workspace_sid in self._telling:
                self._telling[workspace_sid].cancel()
        elif not self._closed:
            waking = asyncio.get_running_loop().create_task(self._look_once(workspace_sid))
            self._waking.add(waking)
            waking.add_done_callback(self._waking.discard)

    async def _look_once(self, workspace_sid: str) -> None:
        # What cannot be woken now is looked after when it tells of its first turn.
        with contextlib.suppress(NotFound, *self._unavailable):
            self._look_after(await self._directory.engine(workspace_sid))

    def _note(self, engine: WorkspaceEngine, turn: TurnRecord) -> None:
        if engine.workspace_sid not in self._telling:
            self._look_after(engine)

    def _look_after(self, engine: WorkspaceEngine) -> None:
        sid = engine.workspace_sid
        if self._closed or sid in self._telling or not engine.serves:
            return
        if engine.sees(lambda state: state.created and bool(state.workspace.event_callback_url)):
            telling = asyncio.get_running_loop().create_task(self._tell(engine))
            self._telling[sid] = telling
            telling.add_done_callback(lambda done: self._left(engine, done))

    def _left(self, engine: WorkspaceEngine, telling: asyncio.Task[None]) -> None:
        self._telling.pop(engine.workspace_sid, None)
        self._tellings.pop(engine.workspace_sid, None)
        if telling.cancelled():
            self._look_after(engine)  # it may have been handed back since

    async def _tell(self, engine: WorkspaceEngine) -> None:
        while True:
            try:
                telling = self._tellings[engine.workspace_sid] = Telling(
                    self._directory, self._tails, self._sender, engine, self._clock, self.tally
                )
                await telling.run()
                return
            except NotFound:
                return
            except self._unavailable as error:
                if not engine.serves:
                    return  # whoever does goes on, and be it this node a little later
                logger.warning(
                    "event callbacks of workspace %s rest: %s", engine.workspace_sid, error
                )
            except Exception:
                logger.exception("event callbacks of workspace %s failed", engine.workspace_sid)
            await asyncio.sleep(_PATIENCE_S)


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
    ) -> None:
        """Nothing is told yet: call `run`."""
        self._directory = directory
        self._tails = tails
        self._sender = sender
        self._engine = engine
        self._sid = engine.workspace_sid
        self._clock = clock
        self._wish = wish_of("", None)
        self._tally = tally
        self._position = 0
        self._kept = 0
        self._begun = False

    @property
    def behind(self) -> int:
        """How many durable events have not been told, or passed over, yet."""
        return max(0, self._engine.position - self._position) if self._begun else 0

    async def run(self) -> None:
        """Tell all that is to be told, until the workspace is deleted.

        Raises:
            NotFound: It is deleted, and what it wanted is no longer known.
            StoreError: Something cannot be read or written.
        """
        self._position = self._kept = await self._begin()
        self._begun = True
        self._wish = await self._wish_at(self._position)
        # By its engine: it may have been deleted a moment ago, and that is to be told as well.
        follower = self._tails.follow_engine(self._engine, self._position)
        try:
            while await self._tell_a_piece(follower):
                pass
        finally:
            self._tails.leave(follower)
            if self._position > self._kept:
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
            if self._position > self._kept:
                await self._keep()
            return True
        if piece.missing_from is not None and self._wish.url:
            self._alert(
                f"events from {piece.missing_from} on are no longer kept and were never told",
                HTTP_RETRIEVAL_FAILURE,
            )
        await self._tell_of(piece)
        return not piece.is_last

    async def _tell_of(self, piece: Piece) -> None:
        for record in piece.records:
            event = record.event
            if isinstance(event, WorkspaceCreated | WorkspaceUpdated):
                self._wish = wish_of(event.event_callback_url, event.events_filter)
            if self._wish.wants(record) and self._clock() - record.at_ms < STALE_MS:
                await self._send(record)
            self._position = record.position
            if self._position - self._kept >= _TOLD_AT_ONCE:
                await self._keep()
        self._position = piece.position

    async def _send(self, record: EventRecord) -> None:
        if not self._engine.serves:
            raise ServedElsewhere(self._sid, None)
        form = callback_parameters(record, self._directory.account.sid, self._sid)
        reply = await self._sender.post(self._wish.url, form, EVENTS)
        if reply.status is None or reply.status >= 300:
            self._tally.failed += 1
        else:
            self._tally.told += 1
        problem = _problem_of(reply)
        if problem is not None:
            code, message = problem
            self._alert(message, code, record, form, reply)

    def _alert(
        self,
        message: str,
        code: int,
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
                url=shown_url(self._wish.url),
                request=None if form is None else sent(form),
                response=None if reply is None else excerpt(reply),
            )
        )

    async def _keep(self) -> None:
        await self._directory.keep_callback_position(self._sid, self._position)
        self._kept = self._position

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
