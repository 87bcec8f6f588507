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

from taskyard.core.event_details import EventDetails
from taskyard.core.events import (
    Event,
    ReservationAccepted,
    ReservationCanceled,
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
    WorkflowEntered,
    WorkflowTimeout,
)


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


def taken_down(
    events: Iterable[Event], details: Iterable[EventDetails | None], at_ms: int
) -> tuple[list[Fact], list[Spell]]:
    """What the events of one turn mean, in their order.

    Args:
        events: What has happened.
        details: What each was about; None for an event that is shown to nobody.
        at_ms: The turn's instant.
    """
    facts: list[Fact] = []
    spells: list[Spell] = []
    for event, about in zip(events, details, strict=True):
        make = _MAKE.get(type(event))
        if make is None or about is None:
            continue
        made = make(event, about, at_ms)
        if isinstance(made, Fact):
            facts.append(made)
        elif made is not None:
            spells.append(made)
    return facts, spells


_Make = Callable[[Any, EventDetails, int], Fact | Spell | None]
_MAKE: dict[type[Event], _Make] = {}
_F = TypeVar("_F", bound=_Make)


def _makes(kind: type[Event]) -> Callable[[_F], _F]:
    def register(make: _F) -> _F:
        _MAKE[kind] = make
        return make

    return register


def _of_task(kind: FactKind) -> _Make:
    def make(event: Event, about: EventDetails, at_ms: int) -> Fact:
        task = about.task
        assert task is not None
        return Fact(
            at_ms,
            kind,
            task.task_channel.sid,
            None if task.workflow is None else task.workflow.sid,
            None if task.task_queue is None else task.task_queue.sid,
            None if about.worker is None else about.worker.sid,
        )

    return make


def _ends_a_wait(kind: FactKind) -> _Make:
    def make(event: Event, about: EventDetails, at_ms: int) -> Fact:
        task = about.task
        assert task is not None
        entered_ms = task.task_queue_entered_ms
        return Fact(
            at_ms,
            kind,
            task.task_channel.sid,
            None if task.workflow is None else task.workflow.sid,
            None if task.task_queue is None else task.task_queue.sid,
            None if about.worker is None else about.worker.sid,
            (at_ms - task.created_ms) // 1000,
            (at_ms - (task.created_ms if entered_ms is None else entered_ms)) // 1000,
        )

    return make


_MAKE[TaskCreated] = _of_task(FactKind.TASK_CREATED)
_MAKE[TaskDeleted] = _of_task(FactKind.TASK_DELETED)
_MAKE[WorkflowEntered] = _of_task(FactKind.WORKFLOW_ENTERED)
_MAKE[WorkflowTimeout] = _of_task(FactKind.WORKFLOW_TIMED_OUT)
_MAKE[TaskQueueEntered] = _of_task(FactKind.TASK_QUEUE_ENTERED)
_MAKE[TaskCanceled] = _ends_a_wait(FactKind.TASK_CANCELED)
_MAKE[ReservationCreated] = _of_task(FactKind.RESERVATION_CREATED)
_MAKE[ReservationRejected] = _of_task(FactKind.RESERVATION_REJECTED)
_MAKE[ReservationTimeout] = _of_task(FactKind.RESERVATION_TIMED_OUT)
_MAKE[ReservationCanceled] = _of_task(FactKind.RESERVATION_CANCELED)
_MAKE[ReservationRescinded] = _of_task(FactKind.RESERVATION_RESCINDED)
_MAKE[TaskCompleted] = _of_task(FactKind.TASK_COMPLETED)

_accepted = _ends_a_wait(FactKind.RESERVATION_ACCEPTED)
_accepted_again = _ends_a_wait(FactKind.RESERVATION_ACCEPTED_AGAIN)
_moved = _of_task(FactKind.TASK_MOVED)


@_makes(ReservationAccepted)
def _(event: ReservationAccepted, about: EventDetails, at_ms: int) -> Fact | Spell | None:
    assert about.reservation is not None
    make = _accepted_again if about.reservation.accepted_before else _accepted
    return make(event, about, at_ms)


@_makes(TaskQueueMoved)
def _(event: TaskQueueMoved, about: EventDetails, at_ms: int) -> Fact | Spell | None:
    made = _moved(event, about, at_ms)
    assert isinstance(made, Fact)
    return msgspec.structs.replace(made, task_queue_sid=event.previous_task_queue_sid)


@_makes(WorkerActivityUpdated)
def _(event: WorkerActivityUpdated, about: EventDetails, at_ms: int) -> Fact | Spell | None:
    previous = about.previous_activity
    assert previous is not None
    return Spell(event.worker_sid, previous.activity.sid, previous.since_ms, at_ms)
