"""Assignment callbacks: asks the address that a workflow names about every offer of its tasks.

An offer is asked about as soon as it is durable, and after a start if it was open and nobody knows
that it was asked about; so after a crash an application may be asked twice. What the answer asks
for is a command like any other. Where neither address answers, the offer is canceled.

Source: TaskRouter, assignment callback. Choice: a task whose callbacks fail again and again is
asked about more and more seldom, for its assignments are counted.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine
from typing import Any

import msgspec

from taskyard.core.commands import (
    AcceptReservation,
    CancelReservation,
    Command,
    InstructReservation,
    NoteCallbackDone,
    RejectReservation,
)
from taskyard.core.errors import InstructionRefused, Invalid, LimitReached, NotFound, Refusal
from taskyard.core.events import ReservationCreated, WorkspaceDeleted
from taskyard.core.ids import ReservationSid
from taskyard.core.instructions import NO_ACTIVITY
from taskyard.core.state import State
from taskyard.core.steps import Steps
from taskyard.engine import Alert, Directory, TurnRecord, WorkspaceEngine

from .assignment_answers import (
    NO_INSTRUCTION,
    NOT_VALID,
    Problem,
    command_of,
    problem_of,
)
from .bulkheads import AT_ONCE, Bulkheads
from .excerpts import excerpt, sent, shown_url
from .offers import Offer, asked_of, destination, offer_of, unasked
from .overrides import ASSIGNMENTS
from .sender import Reply, Sender

_LOOK_AGAIN_S = 0.2
_PATIENCE_S = 1.0
_PAUSE_S = 0.1
_PAUSE_S_MAX = 5.0
_FAILING_MAX = 10_000
_LOOKED_AT_IN_A_STEP = 1_000
_WARNINGS = (NOT_VALID, NO_INSTRUCTION)

logger = logging.getLogger(__name__)


class _Call(msgspec.Struct, frozen=True):
    """One address to be asked about one offer."""

    engine: WorkspaceEngine
    sid: str
    is_fallback: bool = False


class AssignmentCallbacks:
    """Looks after the offers of all workspaces.

    Attributes:
        answered: How many callbacks were answered.
        failed: How many were not, so that the fallback was asked, or the offer canceled.
        seconds: What each took.
    """

    def __init__(
        self,
        directory: Directory,
        sender: Sender,
        *,
        clock: Callable[[], int],
        unavailable: tuple[type[Exception], ...],
        at_once: int = AT_ONCE,
    ) -> None:
        """Nothing is sent yet: call `start`.

        Args:
            directory: Where the workspaces are.
            sender: Sends each callback.
            clock: The instant, in milliseconds since the epoch.
            unavailable: Failures that pass: after one it is tried again.
            at_once: How many of one workspace may be under way to one destination.
        """
        self.seconds = sender.seconds
        self.answered = 0
        self.failed = 0
        self._directory = directory
        self._sender = sender
        self._clock = clock
        self._unavailable = unavailable
        self._calls: Bulkheads[_Call] = Bulkheads(self._serve, at_once)
        self._in_hand: set[str] = set()
        """Offers that are being asked about, or will be."""
        self._failing: dict[str, int] = {}
        """How often in a row the callbacks of a task have failed."""
        self._looked_at: set[str] = set()
        self._left_out: set[str] = set()
        """Workspaces of which more offers waited than may wait."""
        self._looking: set[asyncio.Task[None]] = set()
        self._closed = False

    @property
    def in_flight(self) -> int:
        """How many are under way."""
        return self._calls.in_flight

    @property
    def waiting(self) -> int:
        """How many wait for others to the same destination."""
        return self._calls.waiting

    def start(self) -> None:
        """Look after the offers that there are, and those to come."""
        self._directory.follow(self._note)
        if self._directory.cluster is not None:
            self._directory.cluster.on_change(self._hand_over)
        self._begin(self._look_at_all())

    async def close(self) -> None:
        """Ask nobody any more. What is under way is cut, and asked again after the next start."""
        self._closed = True
        for task in self._looking:
            task.cancel()
        if self._looking:
            await asyncio.wait(self._looking)
        await self._calls.close()
        await self._sender.close()

    # --- which offers there are ---

    def _hand_over(self, workspace_sid: str, serves: bool) -> None:
        """Look after a workspace as after a start, or leave it to the node that serves it now."""
        self._looked_at.discard(workspace_sid)
        if serves and not self._closed:
            self._begin(self._look_when_awake(workspace_sid))

    async def _look_when_awake(self, workspace_sid: str) -> None:
        # What cannot be woken now is looked at when it tells of its first turn.
        with contextlib.suppress(NotFound, *self._unavailable):
            self._look_once(await self._directory.engine(workspace_sid))

    def _note(self, engine: WorkspaceEngine, turn: TurnRecord) -> None:
        if not engine.serves:
            return
        self._look_once(engine)
        for event in turn.events:
            if isinstance(event, ReservationCreated):
                self._take(engine, event.reservation_sid, event.task_sid)
            elif isinstance(event, WorkspaceDeleted):
                self._looked_at.discard(engine.workspace_sid)

    async def _look_at_all(self) -> None:
        awake = asyncio.ensure_future(self._directory.awake())
        try:
            while True:
                is_last = awake.done()
                for engine in self._directory.engines():
                    self._look_once(engine)
                if is_last:
                    return
                await asyncio.wait([awake], timeout=_LOOK_AGAIN_S)
        finally:
            awake.cancel()

    def _look_once(self, engine: WorkspaceEngine) -> None:
        if engine.serves and engine.workspace_sid not in self._looked_at:
            self._looked_at.add(engine.workspace_sid)
            self._begin(self._look_at(engine))

    async def _look_at(self, engine: WorkspaceEngine) -> None:
        """Take the open offers of a workspace; those that come meanwhile are taken one by one."""
        while not self._closed:
            try:
                found = await engine.read_in_steps(lambda state, _: _open_offers(state))
            except Refusal:
                return
            except self._unavailable:
                await asyncio.sleep(_PATIENCE_S)
                continue
            for sid, task_sid in found:
                self._take(engine, sid, task_sid)
            return

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._looking.add(task)
        task.add_done_callback(self._looking.discard)

    def _take(self, engine: WorkspaceEngine, sid: str, task_sid: str) -> None:
        if self._closed or sid in self._in_hand or not engine.serves:
            return
        url: str | None = None
        expires_ms = 0

        def look(state: State) -> bool:
            nonlocal url, expires_ms
            url = asked_of(state, sid)
            if url is not None:
                expires_ms = state.reservations[ReservationSid(sid)].expires_ms
            return url is not None

        if not engine.sees(look) or url is None:
            return
        self._in_hand.add(sid)
        failures = self._failing.get(task_sid, 0)
        if failures:
            # A pause that outlasted the offer would send the worker away who was never at fault.
            left_s = max(0, expires_ms - self._clock()) / 1000
            pause_s = min(_PAUSE_S_MAX, _PAUSE_S * 2 ** min(failures - 1, 10), left_s / 2)
            self._begin(self._put_later(_Call(engine, sid), url, pause_s))
        else:
            self._put(_Call(engine, sid), url)

    async def _put_later(self, call: _Call, url: str, pause_s: float) -> None:
        await asyncio.sleep(pause_s)
        self._put(call, url)

    def _put(self, call: _Call, url: str) -> None:
        if not self._calls.put((call.engine.workspace_sid, destination(url)), call):
            self._in_hand.discard(call.sid)
            self._left_out.add(call.engine.workspace_sid)

    # --- one call ---

    async def _serve(self, call: _Call) -> None:
        handed_on = False
        try:
            handed_on = await self._ask(call)
        finally:
            if not handed_on:
                self._in_hand.discard(call.sid)
            sid = call.engine.workspace_sid
            if sid in self._left_out and self._calls.waiting == 0 and not self._closed:
                self._left_out.discard(sid)
                self._begin(self._look_at(call.engine))

    async def _ask(self, call: _Call) -> bool:
        """Ask one address; whether another is to be asked."""
        offer = await self._read(call) if call.engine.serves else None
        if offer is None:
            return False
        url = offer.fallback_url if call.is_fallback else offer.url
        if not url:
            return False
        reply = await self._sender.post(url, offer.form, ASSIGNMENTS)
        problem = problem_of(reply)
        task_sid = offer.form["TaskSid"]
        if problem is None:
            self.answered += 1
            self._failing.pop(task_sid, None)
            await self._follow(call, offer, url, reply)
            return False
        self.failed += 1
        self._alert(problem, offer, url, reply)
        if offer.fallback_url and not call.is_fallback:
            self._put(_Call(call.engine, call.sid, is_fallback=True), offer.fallback_url)
            return True
        if len(self._failing) < _FAILING_MAX:
            self._failing[task_sid] = self._failing.get(task_sid, 0) + 1
        await self._decide(call, CancelReservation(reservation_sid=call.sid), offer)
        return False

    async def _read(self, call: _Call) -> Offer | None:
        while True:
            try:
                return await call.engine.read(offer_of(call.sid))
            except Refusal:
                return None
            except self._unavailable:
                await asyncio.sleep(_PATIENCE_S)

    async def _follow(self, call: _Call, offer: Offer, url: str, reply: Reply) -> None:
        command = command_of(reply, call.sid)
        if isinstance(command, Problem):
            self._alert(command, offer, url, reply)
        elif command is not None:
            refusal = await self._decide(call, command, offer)
            problem = None if refusal is None else _problem(command, refusal)
            if problem is not None:
                self._alert(problem, offer, url, reply)
        # Whatever is open still waits for an answer by other means, over restarts too.
        if call.engine.sees(lambda state: asked_of(state, call.sid) is not None):
            await self._decide(call, NoteCallbackDone(reservation_sid=call.sid), offer)

    async def _decide(self, call: _Call, command: Command, offer: Offer) -> Refusal | None:
        """Have something decided; what passes is tried again for as long as the offer stands."""
        until_ms = self._clock() + offer.left_ms
        while True:
            try:
                await call.engine.ask(command, lambda _state, _decided: None)
                return None
            except Refusal as refusal:
                return refusal
            except self._unavailable as error:
                if not call.engine.serves:
                    return None  # the node that serves it finds the offer open, and asks again
                if self._clock() > until_ms:
                    logger.warning("reservation %s: an answer is lost: %s", call.sid, error)
                    return None
                await asyncio.sleep(_PATIENCE_S)

    def _alert(self, problem: Problem, offer: Offer, url: str, reply: Reply) -> None:
        form = offer.form
        self._directory.alerts.add(
            Alert(
                at_ms=self._clock(),
                code=problem.code,
                level="warning" if problem.code in _WARNINGS else "error",
                message=f"assignment callback: {problem.message}",
                account_sid=form["AccountSid"],
                workspace_sid=form["WorkspaceSid"],
                task_sid=form["TaskSid"],
                reservation_sid=form["ReservationSid"],
                worker_sid=form["WorkerSid"],
                url=shown_url(url),
                request=sent(form),
                response=excerpt(reply),
            )
        )


def _problem(command: Command, refusal: Refusal) -> Problem | None:
    """What the operator is to know of a refusal; None if the offer was merely over before."""
    if isinstance(refusal, InstructionRefused):
        return Problem(refusal.code, str(refusal))
    if isinstance(refusal, LimitReached) and refusal.alert is not None:
        return Problem(refusal.alert, str(refusal))
    if isinstance(refusal, Invalid):
        is_rejection = isinstance(command, RejectReservation)
        return Problem(NO_ACTIVITY if is_rejection else 20001, str(refusal))
    assert isinstance(command, AcceptReservation | RejectReservation | InstructReservation)
    return None


def _open_offers(state: State) -> Steps[list[tuple[str, str]]]:
    found: list[tuple[str, str]] = []
    everything = list(state.reservations.values())
    for start in range(0, len(everything), _LOOKED_AT_IN_A_STEP):
        some = everything[start : start + _LOOKED_AT_IN_A_STEP]
        found += [(one.sid, one.task_sid) for one in some if unasked(one)]
        yield
    return found
