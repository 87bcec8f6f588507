"""Pieces of work: how they come in, change and end."""

from msgspec import UNSET

from taskyard.core import routing, transferring
from taskyard.core.commands import CreateTask, DeleteTask, UpdateTask
from taskyard.core.errors import Conflict, Invalid, LimitReached, NotFound
from taskyard.core.events import (
    ReservationWrapup,
    TaskCompleted,
    TaskCreated,
    TaskDeleted,
    TaskQueueEntered,
    TaskSystemDeleted,
    TaskUpdated,
    TaskWrapup,
)
from taskyard.core.ids import TaskChannelSid, TaskQueueSid, TaskSid, WorkerSid, WorkflowSid
from taskyard.core.lifecycles import TASK
from taskyard.core.model import NO_FILTER, ReservationStatus, Task, TaskStatus
from taskyard.core.state import State

from . import checks, reservations
from .turn import Turn

EARLIEST_MS = -2_208_988_800_000
"""The year 1900: nothing is said to have begun before."""


def create(turn: Turn, command: CreateTask) -> str:
    """Take a piece of work in, and send it on its way."""
    state, limits = turn.state, turn.limits
    attributes = checks.attributes(command.attributes, limits)
    priority = 0 if command.priority is None else command.priority
    checks.whole_number("Priority", priority, 0, limits.priority)
    checks.whole_number("Timeout", command.timeout_s, 1, limits.task_timeout_s)
    channel_sid = _channel(state, command.task_channel)
    started_ms = turn.now_ms
    if command.virtual_start_ms is not None:
        started_ms = _virtual_start(turn, command.virtual_start_ms)
    route = _Route(turn, command)
    if len(state.tasks) >= limits.tasks:
        raise LimitReached(f"a workspace holds at most {limits.tasks} tasks")
    sid = TaskSid(turn.mint("WT"))
    turn.emit(
        TaskCreated(
            sid,
            attributes,
            route.workflow_sid,
            channel_sid,
            priority,
            command.timeout_s,
            started_ms,
            command.routing_target or None,
            route.ignore_capacity,
            route.own_queue_sid,
        )
    )
    _send(turn, state.tasks[sid], route)
    return sid


def update(turn: Turn, command: UpdateTask) -> str:
    """Change a task; a pending one whose attributes change enters its workflow anew."""
    state, limits = turn.state, turn.limits
    task = _find(state, command.task_sid)
    checks.version("task", task.sid, task.version, command.expected_version)
    attributes = None
    if command.attributes is not UNSET:
        attributes = checks.attributes(command.attributes, limits)
    priority = checks.kept(command.priority, task.priority)
    checks.whole_number("Priority", priority, 0, limits.priority)
    channel_sid = task.task_channel_sid
    if command.task_channel is not UNSET:
        channel_sid = _channel(state, command.task_channel)
        if channel_sid != task.task_channel_sid and (not task.waiting or task.transferring):
            raise Conflict(
                f"task {task.sid} is {'being transferred' if task.transferring else task.status}:"
                " its TaskChannel can be changed while it is pending only"
            )
    started_ms = task.virtual_start_ms
    if command.virtual_start_ms is not UNSET:
        started_ms = _virtual_start(turn, command.virtual_start_ms)
    if command.reason is not UNSET:
        checks.characters("Reason", command.reason, limits.reason_characters)
    status = _asked_status(turn, task, command)
    waits = task.waiting and not task.transferring
    re_driven = attributes is not None and waits and status is None
    asked = (priority, channel_sid, started_ms)
    has_changed = re_driven or (attributes or task.attributes, *asked) != (
        task.attributes,
        task.priority,
        task.task_channel_sid,
        task.virtual_start_ms,
    )
    if has_changed:
        turn.emit(TaskUpdated(task.sid, attributes, *asked))
    if re_driven and task.workflow_sid is not None and task.filter_index != NO_FILTER:
        routing.enter(turn, task, task.workflow_sid)
    if status is not None:
        reason = None if command.reason is UNSET else command.reason
        _take_to(turn, task, status, reason, joined=has_changed)
    return task.sid


def delete(turn: Turn, command: DeleteTask) -> str:
    """Remove a task, whatever its state, and its reservations with it."""
    task = _find(turn.state, command.task_sid)
    checks.version("task", task.sid, task.version, command.expected_version)
    transferring.end_with_task(turn, task)
    routing.cancel_open(turn, task)
    reservations.end_live(turn, task)
    turn.emit(TaskDeleted(task.sid))
    return task.sid


def exceed_time_to_live(turn: Turn, task: Task) -> None:
    """Cancel a task that nobody accepted in its time."""
    routing.cancel(turn, task, routing.TTL_EXCEEDED)


def exceed_time_assigned(turn: Turn, task: Task) -> None:
    """Remove a task that was accepted long ago and is still not completed."""
    transferring.end_with_task(turn, task)
    routing.cancel_open(turn, task)
    reservations.end_live(turn, task)
    turn.emit(TaskSystemDeleted(task.sid))


class _Route:
    """Where a new task is to go: by a workflow, into a task queue, or to one worker.

    Source: TaskRouter, RoutingTarget and IgnoreCapacity.
    """

    def __init__(self, turn: Turn, command: CreateTask) -> None:
        state = turn.state
        target = command.routing_target or ""
        kind = target[:2]
        self.workflow_sid = _workflow(state, "WorkflowSid", command.workflow_sid)
        self.worker_sid: WorkerSid | None = None
        self.queue_sid: TaskQueueSid | None = None
        self.own_queue_sid: TaskQueueSid | None = None
        self.ignore_capacity = False
        queue_sid = _queue(state, "TaskQueueSid", command.task_queue_sid)
        if kind == "WK" and target in state.workers:
            self.worker_sid = WorkerSid(target)
            self.ignore_capacity = command.ignore_capacity is not False
            self.own_queue_sid = queue_sid
        elif kind == "WQ" and target in state.task_queues:
            self.queue_sid = TaskQueueSid(target)
        elif kind == "WW":
            self.workflow_sid = _workflow(state, "RoutingTarget", target)
        elif target:
            raise Invalid(
                "RoutingTarget must be the SID of a worker, task queue or workflow"
                f" of this workspace, not {target[:60]!r}"
            )
        elif self.workflow_sid is None:
            if len(state.workflows) != 1:
                raise Invalid("WorkflowSid field is required")
            self.workflow_sid = next(iter(state.workflows))


def _send(turn: Turn, task: Task, route: _Route) -> None:
    if route.worker_sid is not None:
        if route.ignore_capacity:
            reservations.offer(turn, task, [route.worker_sid])
    elif route.queue_sid is not None:
        turn.emit(TaskQueueEntered(task.sid, route.queue_sid))
    else:
        assert route.workflow_sid is not None
        routing.enter(turn, task, route.workflow_sid)


def _find(state: State, sid: str) -> Task:
    task = state.tasks.get(TaskSid(sid))
    if task is None:
        raise NotFound("task", sid)
    return task


def _channel(state: State, named: str) -> TaskChannelSid:
    channel = state.task_channel_named(named)
    if channel is None:
        raise Invalid(
            f"TaskChannel {named[:60]!r} is neither the SID nor the unique name"
            " of a task channel of this workspace"
        )
    return channel.sid


def _workflow(state: State, name: str, sid: str | None) -> WorkflowSid | None:
    if not sid:
        return None
    if sid not in state.workflows:
        raise Invalid(checks.not_here(name, sid, "WW", "a workflow"))
    return WorkflowSid(sid)


def _queue(state: State, name: str, sid: str | None) -> TaskQueueSid | None:
    if not sid:
        return None
    if sid not in state.task_queues:
        raise Invalid(checks.not_here(name, sid, "WQ", "a task queue"))
    return TaskQueueSid(sid)


def _virtual_start(turn: Turn, start_ms: int) -> int:
    if start_ms > turn.now_ms:
        raise Invalid("VirtualStartTime must not be in the future")
    if start_ms < EARLIEST_MS:
        raise Invalid("VirtualStartTime must not be before the year 1900")
    return start_ms


def _asked_status(turn: Turn, task: Task, command: UpdateTask) -> TaskStatus | None:
    """The status that an update asks for, if the task may be taken there."""
    if command.assignment_status is UNSET:
        return None
    text = command.assignment_status.lower()
    if text not in _REFUSED:
        raise Invalid(
            "AssignmentStatus can be set to canceled, wrapping or completed,"
            f" not to {command.assignment_status[:40]!r}"
        )
    status = TaskStatus(text)
    if status is TaskStatus.WRAPPING:
        reservations.check_wrapping_is_possible(turn.state)
    if status not in TASK[task.status]:
        workspace = turn.state.workspace
        raise Conflict(
            _REFUSED[text].format(
                f"{task.sid} in workspace {workspace.sid} for account {workspace.account_sid}"
            )
        )
    return status


_REFUSED = {
    "canceled": "Cannot cancel task {} because it is not pending or reserved.",
    "wrapping": "Cannot wrap up a task {} because it's not currently assigned",
    "completed": "Cannot complete task {} because it is not currently assigned.",
}
"""The sentences that clients of the published API know."""


def _take_to(
    turn: Turn, task: Task, status: TaskStatus, reason: str | None, *, joined: bool
) -> None:
    if status is TaskStatus.CANCELED:
        routing.cancel(turn, task, reason, joined=joined)
        reservations.end_live(turn, task)
    elif status is TaskStatus.WRAPPING:
        for reservation in reservations.live_reservations(turn.state, task):
            if reservation.status is ReservationStatus.ACCEPTED:  # one of several may wrap already
                turn.emit(ReservationWrapup(reservation.sid))
        turn.emit(TaskWrapup(task.sid, reason, joined))
    else:
        turn.emit(TaskCompleted(task.sid, reason, joined))
        reservations.end_live(turn, task)
