"""Tasks, and their way through a workflow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taskyard.core.events import (
    ReservationFailed,
    TaskCanceled,
    TaskCompleted,
    TaskCreated,
    TaskDeleted,
    TaskQueueEntered,
    TaskQueueMoved,
    TaskQueueTimeout,
    TasksForgotten,
    TaskSystemDeleted,
    TaskUpdated,
    TaskWrapup,
    WorkflowEntered,
    WorkflowSkipped,
    WorkflowTargetMatched,
    WorkflowTimeout,
)
from taskyard.core.model import Task, TaskStatus

from .table import applies

if TYPE_CHECKING:
    from taskyard.core.state import State


@applies(TaskCreated)
def _(state: State, e: TaskCreated, now_ms: int) -> None:
    state.tasks_made += 1
    state.tasks[e.task_sid] = Task(
        sid=e.task_sid,
        number=state.tasks_made,
        attributes=e.attributes,
        status=TaskStatus.PENDING,
        priority=e.priority,
        timeout_s=e.timeout_s,
        task_channel_sid=state.task_channels[e.task_channel_sid].sid,
        workflow_sid=None if e.workflow_sid is None else state.workflows[e.workflow_sid].sid,
        task_queue_sid=state.own_task_queue_sid(e.task_queue_sid),
        routing_target=e.routing_target,
        ignore_capacity=e.ignore_capacity,
        virtual_start_ms=now_ms if e.virtual_start_ms == now_ms else e.virtual_start_ms,
        created_ms=now_ms,
        updated_ms=now_ms,
    )
    if e.workflow_sid is not None:
        rules = e.workflow_sid, 0
        state.routed_by[rules] = state.routed_by.get(rules, 0) + 1
    state.unfinished_in_channel[e.task_channel_sid] += 1
    if e.task_queue_sid is not None:
        state.unfinished_in_queue[e.task_queue_sid] += 1


@applies(TaskUpdated)
def _(state: State, e: TaskUpdated, now_ms: int) -> None:
    task = state.tasks[e.task_sid]
    if e.attributes is not None:
        task.attributes = e.attributes
    task.priority = e.priority
    if task.task_channel_sid != e.task_channel_sid:
        state.unfinished_in_channel[task.task_channel_sid] -= 1
        state.unfinished_in_channel[e.task_channel_sid] += 1
        task.task_channel_sid = state.task_channels[e.task_channel_sid].sid
    task.virtual_start_ms = e.virtual_start_ms
    changed(task, now_ms)


@applies(TaskCanceled)
def _(state: State, e: TaskCanceled, now_ms: int) -> None:
    task = state.tasks[e.task_sid]
    if not task.live_reservations:  # whatever was accepted once, no workflow routes any more
        state.unfollow(task)
    task.status = TaskStatus.CANCELED
    if e.reason is not None:
        task.reason = e.reason
    changed(task, now_ms, joined=e.joined)
    state.finish(task, now_ms)


@applies(TaskWrapup)
def _(state: State, e: TaskWrapup, now_ms: int) -> None:
    task = state.tasks[e.task_sid]
    task.status = TaskStatus.WRAPPING
    if e.reason is not None:
        task.reason = e.reason
    changed(task, now_ms, joined=e.joined)


@applies(TaskCompleted)
def _(state: State, e: TaskCompleted, now_ms: int) -> None:
    task = state.tasks[e.task_sid]
    task.status = TaskStatus.COMPLETED
    if e.reason is not None:
        task.reason = e.reason
    changed(task, now_ms, joined=e.joined)
    state.finish(task, now_ms)


@applies(TaskDeleted)
@applies(TaskSystemDeleted)
def _(state: State, e: TaskDeleted | TaskSystemDeleted, now_ms: int) -> None:
    state.remove(state.tasks[e.task_sid])


@applies(TasksForgotten)
def _(state: State, e: TasksForgotten, now_ms: int) -> None:
    finished, finished_ms = state.finished, state.finished_ms
    most = len(finished) if e.most is None else e.most
    while most and finished_ms and finished_ms[0] <= e.up_to_ms:
        most -= 1
        finished_ms.popleft()
        task = state.tasks.get(finished.popleft())
        if task is not None:  # a caller may have deleted it before
            state.remove(task)


@applies(WorkflowEntered)
def _(state: State, e: WorkflowEntered, now_ms: int) -> None:
    task = state.tasks[e.task_sid]
    state.follow(task, state.workflows[e.workflow_sid].sid, e.workflow_version)
    if e.re_evaluated:
        changed(task, now_ms)


@applies(WorkflowTargetMatched)
def _(state: State, e: WorkflowTargetMatched, now_ms: int) -> None:
    task = state.tasks[e.task_sid]
    task.filter_index = e.filter_index
    task.target_index = e.target_index
    task.priority = e.priority
    task.filter_entered_ms = now_ms if e.filter_entered_ms == now_ms else e.filter_entered_ms
    task.step_deadline_ms = e.step_deadline_ms
    state.put_in_queue(task, e.task_queue_sid)


@applies(TaskQueueEntered)
def _(state: State, e: TaskQueueEntered, now_ms: int) -> None:
    task = state.tasks[e.task_sid]
    state.put_in_queue(task, e.task_queue_sid)
    task.task_queue_entered_ms = now_ms


@applies(TaskQueueTimeout)
def _(state: State, e: TaskQueueTimeout, now_ms: int) -> None:
    changed(state.tasks[e.task_sid], now_ms)


@applies(TaskQueueMoved)
@applies(WorkflowTimeout)
@applies(WorkflowSkipped)
@applies(ReservationFailed)
def _(
    state: State,
    e: TaskQueueMoved | WorkflowTimeout | WorkflowSkipped | ReservationFailed,
    now_ms: int,
) -> None:
    """These tell of what the event beside them changes."""


def changed(task: Task, now_ms: int, *, joined: bool = False) -> None:
    """Note a change that others can see: the version rises by one with each update."""
    task.version += not joined
    task.updated_ms = now_ms
