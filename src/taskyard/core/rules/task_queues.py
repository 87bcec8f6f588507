"""Where tasks wait, and for which workers."""

from taskyard.core.commands import CreateTaskQueue, DeleteTaskQueue, UpdateTaskQueue
from taskyard.core.errors import Conflict, Invalid, LimitReached, NotFound
from taskyard.core.events import (
    TaskQueueCreated,
    TaskQueueDeleted,
    TaskQueueExpressionUpdated,
    TaskQueueUpdated,
)
from taskyard.core.expressions.parser import parse
from taskyard.core.expressions.problem import ExpressionProblem
from taskyard.core.ids import TaskQueueSid
from taskyard.core.model import TaskOrder, TaskQueue
from taskyard.core.state import State

from . import checks
from .turn import Turn


def create(turn: Turn, command: CreateTaskQueue) -> str:
    """Add a task queue."""
    state, limits = turn.state, turn.limits
    name = checks.friendly_name(command.friendly_name, limits.long_friendly_name_characters)
    _check_target_workers(command.target_workers)
    checks.whole_number(
        "MaxReservedWorkers", command.max_reserved_workers, 1, limits.max_reserved_workers
    )
    order = checks.choice("TaskOrder", command.task_order, TaskOrder)
    reservation = checks.optional_activity(
        state, "ReservationActivitySid", command.reservation_activity_sid
    )
    assignment = checks.optional_activity(
        state, "AssignmentActivitySid", command.assignment_activity_sid
    )
    if len(state.task_queues) >= limits.task_queues:
        raise LimitReached(f"a workspace holds at most {limits.task_queues} task queues")
    sid = TaskQueueSid(turn.mint("WQ"))
    turn.emit(
        TaskQueueCreated(
            sid,
            name,
            command.target_workers,
            command.max_reserved_workers,
            order,
            reservation,
            assignment,
        )
    )
    return sid


def update(turn: Turn, command: UpdateTaskQueue) -> str:
    """Change a task queue. Workers are bound anew at once."""
    state, limits = turn.state, turn.limits
    queue = _find(state, command.task_queue_sid)
    checks.version("task queue", queue.sid, queue.version, command.expected_version)
    name = checks.kept(command.friendly_name, queue.friendly_name)
    checks.friendly_name(name, limits.long_friendly_name_characters)
    target_workers = checks.kept(command.target_workers, queue.target_workers)
    _check_target_workers(target_workers)
    most = checks.kept(command.max_reserved_workers, queue.max_reserved_workers)
    checks.whole_number("MaxReservedWorkers", most, 1, limits.max_reserved_workers)
    order = checks.choice("TaskOrder", checks.kept(command.task_order, queue.task_order), TaskOrder)
    reservation = checks.optional_activity(
        state,
        "ReservationActivitySid",
        checks.kept(command.reservation_activity_sid, queue.reservation_activity_sid),
    )
    assignment = checks.optional_activity(
        state,
        "AssignmentActivitySid",
        checks.kept(command.assignment_activity_sid, queue.assignment_activity_sid),
    )
    after = TaskQueueUpdated(queue.sid, name, most, order, reservation, assignment)
    before = TaskQueueUpdated(
        queue.sid,
        queue.friendly_name,
        queue.max_reserved_workers,
        queue.task_order,
        queue.reservation_activity_sid,
        queue.assignment_activity_sid,
    )
    for_others = target_workers != queue.target_workers
    if for_others:
        turn.emit(TaskQueueExpressionUpdated(queue.sid, target_workers))
    if for_others or after != before:
        turn.emit(after)
    return queue.sid


def delete(turn: Turn, command: DeleteTaskQueue) -> str:
    """Remove a task queue that no rule in force names and no unfinished task is in."""
    state = turn.state
    queue = _find(state, command.task_queue_sid)
    checks.version("task queue", queue.sid, queue.version, command.expected_version)
    unfinished = state.unfinished_in_queue[queue.sid]
    if unfinished:
        raise Conflict(
            f"task queue {queue.sid} cannot be deleted: {unfinished} unfinished tasks are in it"
        )
    for workflow in state.workflows.values():
        for version in workflow.configurations:
            if queue.sid in turn.rulebook.rules(workflow.sid, version).document.queue_sids:
                current = version == workflow.configuration_version
                raise Conflict(
                    f"task queue {queue.sid} cannot be deleted: workflow {workflow.sid} "
                    + ("uses it" if current else "used it, and unfinished tasks follow that still")
                )
    turn.emit(TaskQueueDeleted(queue.sid))
    return queue.sid


def _find(state: State, sid: str) -> TaskQueue:
    queue = state.task_queues.get(TaskQueueSid(sid))
    if queue is None:
        raise NotFound("task queue", sid)
    return queue


def _check_target_workers(text: str) -> None:
    """See that the expression can be read; an empty one matches nobody."""
    if text.strip():
        try:
            parse(text)
        except ExpressionProblem as problem:
            raise Invalid(f"TargetWorkers: {problem}") from problem
