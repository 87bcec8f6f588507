"""What an event means for statistics: which counters it moves, and whose.

A fact stands on its own: it is made of the event and of what the event was about, as it was then,
so that it never matters what has become of the nouns since.

Source: TaskRouter statistics. Which event moves which counter is a choice that follows the names;
every acceptance and cancellation brings a waiting time, counted from the task's creation.
"""

from collections.abc import Callable, Iterable
from enum import IntEnum
from typing import Any, TypeVar

import msgspec

from taskyard.core.event_details import ActivityDetails, EventDetails
from taskyard.core.events import (
    Event,
    ReservationAccepted,
    ReservationCanceled,
    ReservationCompleted,
    ReservationCreated,
    ReservationRejected,
    ReservationRescinded,
    ReservationTimeout,
    TaskCanceled,
    TaskCompleted,
    TaskCreated,
    TaskDeleted,
    TaskQueueEntered,
    TaskQueueMoved,
    WorkerActivityUpdated,
    WorkerCreated,
    WorkflowEntered,
    WorkflowTimeout,
)

from .presence import Presence, PresenceChange

# Plain numbers: these are looked at several times a life cycle.
_AWAY, _AVAILABLE, _HANDLING = int(Presence.AWAY), int(Presence.AVAILABLE), int(Presence.HANDLING)


class FactKind(IntEnum):
    """Which counter. The numbers are kept in stores: they never change their meaning."""

    TASK_CREATED = 0
    WORKFLOW_ENTERED = 1
    TASK_QUEUE_ENTERED = 2
    TASK_MOVED = 3
    WORKFLOW_TIMED_OUT = 4
    TASK_CANCELED = 5
    TASK_COMPLETED = 6
    TASK_DELETED = 7
    RESERVATION_CREATED = 8
    RESERVATION_ACCEPTED = 9
    """The first acceptance of its task."""
    RESERVATION_ACCEPTED_AGAIN = 10
    """Of a task that was accepted before, and transferred."""
    RESERVATION_REJECTED = 11
    RESERVATION_TIMED_OUT = 12
    RESERVATION_CANCELED = 13
    RESERVATION_RESCINDED = 14


class Fact(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One event as statistics see it.

    Attributes:
        at_ms: When it happened.
        kind: What it counts as.
        task_channel_sid: The task's channel.
        workflow_sid: The task's workflow.
        task_queue_sid: The task's queue; for one that moves, the queue it leaves.
        worker_sid: The reservation's worker.
        wait_s: From the creation of the task, in whole seconds, where it ends a wait.
        in_queue_s: The same from its entry into the task queue.
    """

    at_ms: int
    kind: int
    task_channel_sid: str
    workflow_sid: str | None = None
    task_queue_sid: str | None = None
    worker_sid: str | None = None
    wait_s: int = 0
    in_queue_s: int = 0


class Spell(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A stretch of time that a worker spent in an activity, told when it is over."""

    worker_sid: str
    activity_sid: str
    since_ms: int
    until_ms: int


class TakenDown:
    """What some turns mean, in their order."""

    __slots__ = ("changes", "facts", "spells")

    def __init__(self) -> None:
        """Nothing yet."""
        self.facts: list[Fact] = []
        self.spells: list[Spell] = []
        self.changes: list[PresenceChange] = []

    def add(
        self, events: Iterable[Event], details: Iterable[EventDetails | None], at_ms: int
    ) -> None:
        """Take down one more turn.

        Args:
            events: What has happened.
            details: What each was about; None for an event that is shown to nobody.
            at_ms: The turn's instant.
        """
        take_of = _TAKE.get
        for event, about in zip(events, details, strict=True):
            take = take_of(type(event))
            if take is not None and about is not None:
                take(self, event, about, at_ms)

    def go_on(self, later: "TakenDown") -> None:
        """Add what came after."""
        self.facts += later.facts
        self.spells += later.spells
        self.changes += later.changes

    def within(self, start_ms: int, end_ms: int) -> "TakenDown":
        """What of it happened, or ended, from one instant until right before another."""
        found = TakenDown()
        found.facts = [one for one in self.facts if start_ms <= one.at_ms < end_ms]
        found.spells = [one for one in self.spells if start_ms <= one.until_ms < end_ms]
        found.changes = [one for one in self.changes if start_ms <= one.at_ms < end_ms]
        return found

    def __bool__(self) -> bool:
        return bool(self.facts or self.spells or self.changes)


_Take = Callable[[TakenDown, Any, EventDetails, int], None]
_TAKE: dict[type[Event], _Take] = {}
_F = TypeVar("_F", bound=_Take)


def _takes(kind: type[Event]) -> Callable[[_F], _F]:
    def register(take: _F) -> _F:
        _TAKE[kind] = take
        return take

    return register


def _counts_as(kind: FactKind) -> _Take:
    number = int(kind)

    def take(down: TakenDown, event: Event, about: EventDetails, at_ms: int) -> None:
        task, worker = about.task, about.worker
        assert task is not None
        workflow, queue = task.workflow, task.task_queue
        down.facts.append(
            Fact(
                at_ms,
                number,
                task.task_channel.sid,
                None if workflow is None else workflow.sid,
                None if queue is None else queue.sid,
                None if worker is None else worker.sid,
            )
        )

    return take


def _ends_a_wait(kind: FactKind) -> _Take:
    number = int(kind)

    def take(down: TakenDown, event: Event, about: EventDetails, at_ms: int) -> None:
        task, worker = about.task, about.worker
        assert task is not None
        workflow, queue, entered_ms = task.workflow, task.task_queue, task.task_queue_entered_ms
        down.facts.append(
            Fact(
                at_ms,
                number,
                task.task_channel.sid,
                None if workflow is None else workflow.sid,
                None if queue is None else queue.sid,
                None if worker is None else worker.sid,
                (at_ms - task.created_ms) // 1000,
                (at_ms - (task.created_ms if entered_ms is None else entered_ms)) // 1000,
            )
        )

    return take


_TAKE[TaskCreated] = _counts_as(FactKind.TASK_CREATED)
_TAKE[TaskDeleted] = _counts_as(FactKind.TASK_DELETED)
_TAKE[WorkflowEntered] = _counts_as(FactKind.WORKFLOW_ENTERED)
_TAKE[WorkflowTimeout] = _counts_as(FactKind.WORKFLOW_TIMED_OUT)
_TAKE[TaskQueueEntered] = _counts_as(FactKind.TASK_QUEUE_ENTERED)
_TAKE[TaskCanceled] = _ends_a_wait(FactKind.TASK_CANCELED)
_TAKE[ReservationCreated] = _counts_as(FactKind.RESERVATION_CREATED)
_TAKE[ReservationRejected] = _counts_as(FactKind.RESERVATION_REJECTED)
_TAKE[ReservationTimeout] = _counts_as(FactKind.RESERVATION_TIMED_OUT)
_TAKE[ReservationCanceled] = _counts_as(FactKind.RESERVATION_CANCELED)
_TAKE[ReservationRescinded] = _counts_as(FactKind.RESERVATION_RESCINDED)
_TAKE[TaskCompleted] = _counts_as(FactKind.TASK_COMPLETED)

_accepted = _ends_a_wait(FactKind.RESERVATION_ACCEPTED)
_accepted_again = _ends_a_wait(FactKind.RESERVATION_ACCEPTED_AGAIN)
_moved = _counts_as(FactKind.TASK_MOVED)


@_takes(ReservationAccepted)
def _(down: TakenDown, event: ReservationAccepted, about: EventDetails, at_ms: int) -> None:
    assert about.reservation is not None
    take = _accepted_again if about.reservation.accepted_before else _accepted
    take(down, event, about, at_ms)
    worker = about.worker
    if worker is not None and worker.handled == 1:
        before = _without_tasks(worker.activity)
        down.changes.append(PresenceChange(worker.sid, at_ms, before, _HANDLING))


@_takes(ReservationCompleted)
def _(down: TakenDown, event: ReservationCompleted, about: EventDetails, at_ms: int) -> None:
    worker = about.worker
    if worker is not None and not worker.handled:
        after = _without_tasks(worker.activity)
        down.changes.append(PresenceChange(worker.sid, at_ms, _HANDLING, after))


@_takes(TaskQueueMoved)
def _(down: TakenDown, event: TaskQueueMoved, about: EventDetails, at_ms: int) -> None:
    _moved(down, event, about, at_ms)
    moved = msgspec.structs.replace(down.facts[-1], task_queue_sid=event.previous_task_queue_sid)
    down.facts[-1] = moved


@_takes(WorkerCreated)
def _(down: TakenDown, event: WorkerCreated, about: EventDetails, at_ms: int) -> None:
    assert about.worker is not None
    after = _without_tasks(about.worker.activity)
    if after != _AWAY:
        down.changes.append(PresenceChange(event.worker_sid, at_ms, _AWAY, after))


@_takes(WorkerActivityUpdated)
def _(down: TakenDown, event: WorkerActivityUpdated, about: EventDetails, at_ms: int) -> None:
    previous, worker = about.previous_activity, about.worker
    assert previous is not None
    assert worker is not None
    down.spells.append(Spell(worker.sid, previous.activity.sid, previous.since_ms, at_ms))
    before, after = _without_tasks(previous.activity), _without_tasks(worker.activity)
    if before != after and not worker.handled:
        down.changes.append(PresenceChange(worker.sid, at_ms, before, after))


def _without_tasks(activity: ActivityDetails) -> int:
    """What a worker in this activity is who handles no task."""
    return _AVAILABLE if activity.available else _AWAY
