"""From what has happened to frames: one encoding for each event and dialect, however many get it.

Nothing is made for a worker without a session. Names, attributes and statuses are those of the
event, as the turn took them down; dates that no event carries are those right after the turn.
"""

from collections.abc import Callable, Iterable
from enum import Enum, auto

import msgspec

from taskyard.core.event_details import EventDetails
from taskyard.core.events import (
    Event,
    ReservationAccepted,
    ReservationCanceled,
    ReservationCompleted,
    ReservationCreated,
    ReservationFailed,
    ReservationRejected,
    ReservationRescinded,
    ReservationTimeout,
    ReservationWrapup,
    TaskCanceled,
    TaskCompleted,
    TaskQueueDeleted,
    TaskUpdated,
    TaskWrapup,
    TransferAttemptFailed,
    TransferCanceled,
    TransferCompleted,
    TransferFailed,
    TransferInitiated,
    WorkerActivityUpdated,
    WorkerAttributesUpdated,
    WorkerCapacityUpdated,
    WorkerChannelAvailabilityUpdated,
    WorkerDeleted,
    WorkspaceDeleted,
)
from taskyard.core.state import State
from taskyard.engine import TurnRecord, WorkspaceEngine
from taskyard.server.api.addresses import addresses_of

from . import frames_a, frames_b
from .holders import Holders
from .holding import Hold, Holding
from .sessions import COME_AGAIN, GONE, Session, Sessions
from .wire import text_frame


class Kind(Enum):
    """What an event is about, which says who is told of it, and what."""

    WORKER = auto()
    WORKER_CHANNEL = auto()
    TASK = auto()
    RESERVATION = auto()
    FAILURE = auto()
    TRANSFER = auto()


_KINDS: dict[type[Event], Kind] = {
    WorkerActivityUpdated: Kind.WORKER,
    WorkerAttributesUpdated: Kind.WORKER,
    WorkerCapacityUpdated: Kind.WORKER_CHANNEL,
    WorkerChannelAvailabilityUpdated: Kind.WORKER_CHANNEL,
    TaskUpdated: Kind.TASK,
    TaskCanceled: Kind.TASK,
    TaskCompleted: Kind.TASK,
    TaskWrapup: Kind.TASK,
    ReservationCreated: Kind.RESERVATION,
    ReservationAccepted: Kind.RESERVATION,
    ReservationRejected: Kind.RESERVATION,
    ReservationTimeout: Kind.RESERVATION,
    ReservationCanceled: Kind.RESERVATION,
    ReservationRescinded: Kind.RESERVATION,
    ReservationCompleted: Kind.RESERVATION,
    ReservationWrapup: Kind.RESERVATION,
    ReservationFailed: Kind.FAILURE,
    TransferInitiated: Kind.TRANSFER,
    TransferAttemptFailed: Kind.TRANSFER,
    TransferFailed: Kind.TRANSFER,
    TransferCanceled: Kind.TRANSFER,
    TransferCompleted: Kind.TRANSFER,
}
_TYPES = {kind: str(kind.__struct_config__.tag) for kind in _KINDS}
_ENDS = frozenset({WorkerDeleted, TaskQueueDeleted, WorkspaceDeleted})


class FrameBody(msgspec.Struct, gc=False):
    """What a frame says: what happened, and to what."""

    event_type: str
    payload: msgspec.Struct


class Moment(msgspec.Struct, frozen=True, gc=False):
    """One event of a turn, with all that is known of it."""

    event: Event
    kind: Kind
    details: EventDetails
    state: State
    now_ms: int


def frame_of(moment: Moment, base: str | None) -> bytes | None:
    """The frame that tells of an event; None where a client of this dialect is told nothing.

    Args:
        moment: The event.
        base: The address ending in `/v1` that links begin with, for dialect A; None for dialect B.
    """
    payload = _payload_b(moment) if base is None else _payload_a(moment, base)
    if payload is None:
        return None
    return text_frame(msgspec.json.encode(FrameBody(_TYPES[type(moment.event)], payload)))


def _payload_a(moment: Moment, base: str) -> msgspec.Struct | None:
    state, details = moment.state, moment.details
    at = addresses_of(base, state.workspace.sid)
    match moment.kind:
        case Kind.RESERVATION:
            return frames_a.reservation_payload(state, details, moment.now_ms, at)
        case Kind.WORKER:
            return frames_a.worker_payload(state, details, at)
        case Kind.WORKER_CHANNEL:
            return frames_a.worker_channel_payload(state, details, at)
        case Kind.TASK if details.task is not None:
            return frames_a.task_payload(state, details.task, moment.now_ms, at)
    return None


def _payload_b(moment: Moment) -> msgspec.Struct | None:
    state, details = moment.state, moment.details
    match moment.kind:
        case Kind.RESERVATION:
            return frames_b.reservation_payload(state, details, moment.now_ms)
        case Kind.WORKER:
            return frames_b.worker_payload(state, details)
        case Kind.WORKER_CHANNEL:
            return frames_b.worker_channel_payload(state, details)
        case Kind.TASK | Kind.FAILURE if details.task is not None:
            return frames_b.task_payload(state, details.task, moment.now_ms)
        case Kind.TRANSFER if details.transfer is not None:
            return frames_b.transfer_payload(state, details.transfer)
    return None


class Frames:
    """Tells sessions what has happened in their workspace."""

    def __init__(self, sessions: Sessions, holding: Holding, later: Callable[..., object]) -> None:
        """Nothing has happened yet.

        Args:
            sessions: Whom to tell.
            holding: What waits for an answer.
            later: Calls after so many seconds, as `loop.call_later`.
        """
        self._sessions = sessions
        self._holding = holding
        self._later = later

    def note(self, engine: WorkspaceEngine, turn: TurnRecord) -> None:
        """Hear of a durable turn; for `Directory.follow`."""
        channels = self._sessions.of(turn.workspace_sid)
        if channels is None:
            return
        if engine.machine is None or len(turn.details) != len(turn.events):
            # Nobody can say any more how it was. Whoever comes again reads how it is.
            for session in _all(channels):
                session.end(COME_AGAIN, "the workspace was loaded again: read the state")
            return
        state, number = engine.machine.state, engine.turns_begun
        holders, requests = Holders(turn, state), self._requests(engine, turn)
        for index, (event, details) in enumerate(zip(turn.events, turn.details, strict=True)):
            kind = _KINDS.get(type(event))
            if kind is not None and details is not None:
                told = [
                    session
                    for sid in _concerned(kind, details, holders, index)
                    if sid in channels
                    for session in channels[sid]
                    if session.since < number
                ]
                if told:
                    moment = Moment(event, kind, details, state, turn.at_ms)
                    self._send(moment, told, requests.get(index))
            elif type(event) in _ENDS:
                gone = _gone(event, channels)
                self._let_go([*gone], requests.get(index))

    def _send(self, moment: Moment, told: list[Session], request: "_Request | None") -> None:
        made: dict[str | None, bytes | None] = {}
        for session in told:
            base = session.base
            if base not in made:
                made[base] = frame_of(moment, base)
            frame = made[base]
            if frame is None:
                continue
            if request is None or not (
                request.is_of_transfer or request.hold.channel_sid == session.channel_sid
            ):
                session.send(frame)
            else:
                session.send(frame, request.hold)

    def _requests(self, engine: WorkspaceEngine, turn: TurnRecord) -> dict[int, "_Request"]:
        """The requests over the bridge whose answers may be under way, by their events' indices."""
        found: dict[int, _Request] = {}
        holding = self._holding
        hold_of = holding.hold_of if engine.serves else holding.hold_elsewhere
        if holding.any or not engine.serves:
            for run in turn.causes:
                hold = hold_of(run.cause)
                if hold is not None:
                    indices = range(run.first, run.first + run.count)
                    of_transfer = any(_is_of_transfer(turn.details[index]) for index in indices)
                    found.update(dict.fromkeys(indices, _Request(hold, of_transfer)))
        return found

    def _let_go(self, sessions: list[Session], request: "_Request | None") -> None:
        """End sessions whose channel is no more, once whoever deleted it has the answer."""

        def end() -> None:
            for session in sessions:
                session.end_after(GONE, "what this session listens to was deleted")

        if request is None:
            self._later(self._holding.hold_s, end)
        else:
            request.hold.notify(_Ending(end))


class _Request(msgspec.Struct, frozen=True, gc=False):
    """A request over the bridge, and whether it began, ended or answered a transfer.

    Then its frames to everybody are held back: the other side is a client that has just asked for
    something too, or is about to.
    """

    hold: Hold
    is_of_transfer: bool


def _is_of_transfer(details: EventDetails | None) -> bool:
    return details is not None and (
        details.transfer is not None or details.outgoing_transfer is not None
    )


class _Ending:
    """Ends sessions when a hold is over."""

    def __init__(self, flush: Callable[[], None]) -> None:
        self.flush = flush


def _concerned(kind: Kind, details: EventDetails, holders: Holders, index: int) -> Iterable[str]:
    """The workers who are told of an event."""
    if kind is Kind.TASK:
        return () if details.task is None else dict.fromkeys(holders.of(details.task.sid, index))
    if kind is Kind.FAILURE:
        target = None if details.task is None else details.task.routing_target
        return () if target is None else (target,)
    if kind is Kind.TRANSFER:
        return () if details.transfer is None else (details.transfer.initiating_worker_sid,)
    return () if details.worker is None else (details.worker.sid,)


def _gone(event: Event, channels: dict[str, list[Session]]) -> list[Session]:
    """The sessions whose channel is no more."""
    if isinstance(event, WorkerDeleted):
        return channels.get(event.worker_sid, [])
    if isinstance(event, TaskQueueDeleted):
        return channels.get(event.task_queue_sid, [])
    if isinstance(event, WorkspaceDeleted):
        return _all(channels)
    return []


def _all(channels: dict[str, list[Session]]) -> list[Session]:
    return [session for sessions in channels.values() for session in sessions]
