"""The voice adapter: who places calls is told of every instruction to a telephone.

An instruction is told as soon as it is durable, those of one reservation one after another. Up to
where a workspace's have been told is kept, so that a restart goes on there; after a crash what was
told in the last moments may come again, under the same `Sid`.

Choice: calls are placed at once or not at all, so what could not be told for ten minutes, or whose
reservation is over by then, is told no more, and an alert says so.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Callable

from taskyard.core.errors import NotFound
from taskyard.core.events import ReservationInstructed, WorkspaceDeleted
from taskyard.core.ids import event_sid
from taskyard.core.instructions import INSTRUCTIONS
from taskyard.core.state import State
from taskyard.engine import Alert, Directory, TurnRecord, WorkspaceEngine

from .bulkheads import AT_ONCE, WAITING_MAX, Bulkheads
from .excerpts import excerpt, said, sent, shown_url
from .instructions import Said, instruction_form
from .overrides import EVENTS
from .sender import Reply, Sender

HTTP_RETRIEVAL_FAILURE = 11200
STALE_MS = 600_000
_LOOK_AGAIN_S = 1.0
_KEPT_EVERY = 1_000
"""So many events without an instruction are passed over before that is kept."""

logger = logging.getLogger(__name__)


class _Place:
    """How far the instructions of one workspace have been told."""

    def __init__(self, engine: WorkspaceEngine, heard: int) -> None:
        self.engine = engine
        self.heard = heard
        """Up to here all instructions are known."""
        self.kept: int | None = None
        self.under_way: set[int] = set()
        """The positions of those that are known, but not told."""
        self.chains: dict[str, deque[Said]] = {}
        """For each reservation, what is to follow the one that is being told."""
        self.news: list[Said] | None = []
        """What happened while the past was read; None since then."""
        self.has_told = False

    @property
    def told(self) -> int:
        return min(self.under_way) - 1 if self.under_way else self.heard

    @property
    def is_worth_keeping(self) -> bool:
        if self.news is not None or self.told == self.kept:
            return False
        return self.kept is None or self.has_told or self.told - self.kept >= _KEPT_EVERY


class VoiceAdapter:
    """Tells the adapter of the instructions of all workspaces; without one, the alert log.

    Attributes:
        told: How many instructions were answered with a status below 300.
        failed: How many were not, or could not be told any more.
        seconds: What each call to the adapter took.
    """

    def __init__(
        self,
        directory: Directory,
        sender: Sender,
        url: str | None,
        *,
        clock: Callable[[], int],
        unavailable: tuple[type[Exception], ...],
        at_once: int = AT_ONCE,
    ) -> None:
        """Nothing is sent yet: call `start`.

        Args:
            directory: Where the workspaces are.
            sender: Sends each call.
            url: The adapter's address; None if there is none.
            clock: The instant, in milliseconds since the epoch.
            unavailable: Failures that pass: after one it is tried again.
            at_once: How many of one workspace may be under way.
        """
        self.told = 0
        self.failed = 0
        self.seconds = sender.seconds
        self._directory = directory
        self._sender = sender
        self._url = url
        self._clock = clock
        self._unavailable = unavailable
        self._calls: Bulkheads[tuple[_Place, Said]] = Bulkheads(self._serve, at_once)
        self._places: dict[str, _Place] = {}
        self._reading: set[asyncio.Task[None]] = set()
        self._looking: asyncio.Task[None] | None = None
        self._closed = False

    @property
    def in_flight(self) -> int:
        """How many are under way."""
        return self._sender.in_flight

    @property
    def behind(self) -> int:
        """How many instructions are known, but not told."""
        return sum(len(place.under_way) for place in self._places.values())

    def start(self) -> None:
        """Look after the workspaces that there are, and those to come."""
        self._directory.follow(self._note)
        if self._url is not None:
            self._looking = asyncio.get_running_loop().create_task(self._look())

    async def close(self) -> None:
        """Tell nothing more. What is under way is cut, and told again after the next start."""
        self._closed = True
        tasks = [*self._reading, *([self._looking] if self._looking else ())]
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks)
        await self._calls.close()
        await self._sender.close()
        for place in self._places.values():
            if place.news is None and place.told != place.kept:
                await self._keep(place)

    # --- which instructions there are ---

    def _note(self, engine: WorkspaceEngine, turn: TurnRecord) -> None:
        sid = engine.workspace_sid
        found = _said_in(turn)
        if self._url is None:
            for one in found if engine.serves else ():
                self._miss(engine, one)
            return
        if isinstance(turn.events[-1], WorkspaceDeleted):
            self._places.pop(sid, None)
            return
        place = self._places.get(sid)
        if place is None:
            place = self._look_after(engine, turn.first_position - 1)
        if place is None:
            return
        if place.news is None:
            place.heard = turn.last_position
            for one in found:
                self._take(place, one)
        else:
            place.news += found
            place.heard = turn.last_position

    def _miss(self, engine: WorkspaceEngine, one: Said) -> None:
        """Alert of an instruction that nobody is there to carry out."""
        form: dict[str, str] | None = None

        def look(state: State) -> bool:
            nonlocal form
            form = instruction_form(one)(state, one.at_ms)
            return form is not None

        engine.sees(look)
        code = INSTRUCTIONS[one.event.instruction].no_adapter
        self._alert(one, "no --voice-adapter-url says who places the call", code, form)

    async def _look(self) -> None:
        """See that every workspace that is awake here is looked after, and keep the places."""
        while True:
            for engine in self._directory.engines():
                if engine.workspace_sid not in self._places:
                    self._look_after(engine, engine.position)
            for sid, place in [*self._places.items()]:
                if not place.engine.serves:
                    self._places.pop(sid, None)  # another node goes on from where it was kept
                elif place.is_worth_keeping:
                    await self._keep(place)
            await asyncio.sleep(_LOOK_AGAIN_S)

    def _look_after(self, engine: WorkspaceEngine, position: int) -> _Place | None:
        if self._closed or not engine.serves:
            return None
        place = self._places[engine.workspace_sid] = _Place(engine, position)
        reading = asyncio.get_running_loop().create_task(self._read_past(place, position))
        self._reading.add(reading)
        reading.add_done_callback(self._reading.discard)
        return place

    async def _read_past(self, place: _Place, end: int) -> None:
        """Take what was said up to a position and never told; what comes meanwhile waits for it."""
        sid = place.engine.workspace_sid
        while True:
            past: list[Said] = []
            try:
                place.kept = await self._directory.callback_position(_cursor(sid))
                turns = self._directory.turns_since(
                    sid, place.kept or 0, self._clock() - 2 * STALE_MS
                )
                async for turn in turns:
                    if turn.last_position > end:
                        break
                    past += _said_in(turn)
                break
            except self._unavailable as error:
                logger.warning("instructions of workspace %s rest: %s", sid, error)
                await asyncio.sleep(_LOOK_AGAIN_S)
        news, place.news = place.news or [], None
        for one in past + news:
            self._take(place, one)

    def _take(self, place: _Place, one: Said) -> None:
        if self._closed:
            place.under_way.add(one.position)
            return
        if len(place.under_way) >= WAITING_MAX:
            self._alert(one, f"{WAITING_MAX} others wait already; it is told no more")
            return
        place.under_way.add(one.position)
        chain = place.chains.get(one.event.reservation_sid)
        if chain is not None:
            chain.append(one)
            return
        place.chains[one.event.reservation_sid] = deque()
        self._calls.put(one.workspace_sid, (place, one))

    # --- one call ---

    async def _serve(self, work: tuple[_Place, Said]) -> None:
        place, one = work
        if self._places.get(one.workspace_sid) is not place:
            return
        if not place.engine.serves:
            del self._places[one.workspace_sid]  # whoever serves it goes on from what was kept
            return
        try:
            await self._tell(place, one)
        except Exception:
            logger.exception("an instruction could not be told")
        # Not after a cancellation: that is the stop, and it is told after the next start.
        place.under_way.discard(one.position)
        place.has_told = True
        chain = place.chains[one.event.reservation_sid]
        if chain:
            self._calls.put(one.workspace_sid, (place, chain.popleft()))
        else:
            del place.chains[one.event.reservation_sid]

    async def _tell(self, place: _Place, one: Said) -> None:
        assert self._url is not None
        form: dict[str, str] | None = None
        while True:
            if self._clock() - one.at_ms > STALE_MS:
                self._alert(one, "it could not be told for ten minutes, and is told no more")
                return
            try:
                form = await place.engine.read(instruction_form(one))
                break
            except NotFound:
                return
            except self._unavailable:
                await asyncio.sleep(_LOOK_AGAIN_S)
        if form is None:
            code = INSTRUCTIONS[one.event.instruction].wrong_state
            self._alert(one, "its reservation was over before it could be told", code)
            return
        reply = await self._sender.post(self._url, form, EVENTS)
        if reply.status is None or reply.status >= 400:
            self._alert(one, said(reply), form=form, reply=reply)
        elif reply.status >= 300:
            self._alert(one, "redirects are not followed", form=form, reply=reply)
        else:
            self.told += 1

    def _alert(
        self,
        one: Said,
        message: str,
        code: int = HTTP_RETRIEVAL_FAILURE,
        form: dict[str, str] | None = None,
        reply: Reply | None = None,
    ) -> None:
        self.failed += 1
        about = form or {}
        self._directory.alerts.add(
            Alert(
                at_ms=self._clock(),
                code=code,
                level="error",
                message=f"voice adapter: {one.event.instruction}: {message}",
                account_sid=self._directory.account.sid,
                workspace_sid=one.workspace_sid,
                task_sid=about.get("TaskSid"),
                reservation_sid=one.event.reservation_sid,
                worker_sid=about.get("WorkerSid"),
                event_sid=event_sid(one.workspace_sid, one.position),
                url=None if self._url is None else shown_url(self._url),
                request=None if form is None else sent(form),
                response=None if reply is None else excerpt(reply),
            )
        )

    async def _keep(self, place: _Place) -> None:
        told = place.told
        try:
            await self._directory.keep_callback_position(_cursor(place.engine.workspace_sid), told)
        except self._unavailable as error:
            logger.warning(
                "how far the voice adapter was told is not kept for now: %s",
                error,
                extra={"workspace_sid": place.engine.workspace_sid},
            )
            return
        place.kept = told
        place.has_told = False


def _cursor(workspace_sid: str) -> str:
    return f"{workspace_sid}/voice"


def _said_in(turn: TurnRecord) -> list[Said]:
    return [
        Said(turn.workspace_sid, turn.first_position + offset, turn.at_ms, event)
        for offset, event in enumerate(turn.events)
        if isinstance(event, ReservationInstructed)
    ]
