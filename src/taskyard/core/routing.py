"""Where a task goes next: the filters, targets and time-outs of its workflow.

Source: TaskRouter, workflow configuration and task evaluation. A task that falls out of its
workflow is canceled, even at its creation.
"""

from .events import (
    ReservationCanceled,
    ReservationFailed,
    TaskCanceled,
    TaskQueueEntered,
    TaskQueueMoved,
    TaskQueueTimeout,
    WorkflowEntered,
    WorkflowSkipped,
    WorkflowTargetMatched,
    WorkflowTimeout,
)
from .expressions.facts import Facts, Staffing
from .ids import ReservationSid, TaskQueueSid, WorkflowSid
from .model import DEFAULT_FILTER, NO_FILTER, Reservation, ReservationStatus, Task
from .rulebook import Rules
from .rules import activities
from .rules.turn import Turn
from .subjects import TaskSubject
from .transferring import TASK_CANCELED, fail
from .workflow_document import Document, Target

FELL_OUT = "Task canceled on Workflow timeout"
TTL_EXCEEDED = "Task TTL Exceeded"
ASSIGNMENT_COUNT_EXCEEDED = "Max assignment count exceeded"
_TARGET_NOT_AVAILABLE = "RoutingTarget not available for Reservation acceptance: "


def enter(turn: Turn, task: Task, workflow_sid: WorkflowSid, *, re_evaluated: bool = False) -> None:
    """Let a task enter a workflow from the top, under its newest rules."""
    version = turn.state.workflows[workflow_sid].configuration_version
    turn.emit(WorkflowEntered(task.sid, workflow_sid, version, re_evaluated))
    rules = turn.rulebook.rules(workflow_sid, version)
    index = _next_match(turn, task, rules, after=-1)
    if index is not None:
        _walk(turn, task, rules, index, 0, turn.now_ms)
    elif rules.document.default is not None:
        _walk(turn, task, rules, DEFAULT_FILTER, 0, turn.now_ms)
    else:
        _fall_out_by_time(turn, task, workflow_sid)


def came_back(turn: Turn, task: Task) -> None:
    """Decide what becomes of a task whose last open reservation has ended without acceptance."""
    if not task.waiting or task.live_reservations:  # or it waits for a transfer to succeed
        return
    if task.assignment_count >= turn.limits.assignment_count:
        cancel(turn, task, ASSIGNMENT_COUNT_EXCEEDED)
    elif for_one_worker(task):
        cancel(turn, task, target_not_available(task))
    elif task.workflow_sid is not None and task.filter_index != NO_FILTER:
        workflow = turn.state.workflows[task.workflow_sid]
        if task.workflow_version < workflow.re_evaluated_version:
            enter(turn, task, task.workflow_sid, re_evaluated=True)
        elif task.step_deadline_ms is not None and task.step_deadline_ms <= turn.now_ms:
            leave_by_time(turn, task)
        else:
            target = turn.rulebook.target(task)
            if target is not None and target.skip_if is not None:
                turn.newly_placed[task.sid] = None


def leave_by_time(turn: Turn, task: Task) -> None:
    """Take a waiting task on from a step whose time is over, to one that has time left."""
    rules, workflow_sid = _rules_of(turn, task)
    while True:
        assert task.task_queue_sid is not None
        turn.emit(TaskQueueTimeout(task.sid, task.task_queue_sid))
        step = _step_after(turn, task, rules)
        if step is None:
            return _fall_out_by_time(turn, task, workflow_sid)
        if _place(turn, task, rules, *step):
            return None


def leave_if_skipped(turn: Turn, task: Task, staffing: Staffing) -> bool:
    """Take a waiting task on from a step where nobody was found, if its `skip_if` says so.

    Returns:
        Whether it left.
    """
    target = turn.rulebook.target(task)
    if target is None or target.skip_if is None or task.filter_index == DEFAULT_FILTER:
        return False
    subject = TaskSubject(turn.state, task, turn.now_ms)
    if not target.skip_if(Facts(task=subject, staffing=staffing, now_ms=turn.now_ms)):
        return False
    rules, workflow_sid = _rules_of(turn, task)
    step = _step_after(turn, task, rules)
    if step is not None:
        _walk(turn, task, rules, *step)
    elif rules.document.default is not None:
        _walk(turn, task, rules, DEFAULT_FILTER, 0, turn.now_ms)
    else:
        turn.emit(WorkflowSkipped(task.sid, workflow_sid))
        cancel(turn, task, FELL_OUT)
    return True


def cancel(turn: Turn, task: Task, reason: str | None, *, joined: bool = False) -> None:
    """Cancel a pending or reserved task, and what is open of it."""
    if for_one_worker(task) and not task.reservations:
        sid = ReservationSid(turn.mint("WR"))
        turn.emit(ReservationFailed(sid, task.sid, reason or ""))
    transfer = turn.state.running_transfer(task)
    turn.emit(TaskCanceled(task.sid, reason, joined))
    if transfer is not None:
        fail(turn, transfer, TASK_CANCELED)
    cancel_open(turn, task)


def cancel_open(turn: Turn, task: Task) -> None:
    """End the pending reservations of a task that ends."""
    for reservation in open_reservations(turn, task):
        turn.emit(ReservationCanceled(reservation.sid))
        give_activity_back(turn, reservation)


def for_one_worker(task: Task) -> bool:
    """Whether the task is routed straight to a worker, and to nobody else."""
    return task.routing_target is not None and task.routing_target.startswith("WK")


def open_reservations(turn: Turn, task: Task) -> list[Reservation]:
    """The pending reservations of a task, oldest first."""
    if not task.open_reservations:
        return []
    reservations = turn.state.reservations
    made = [reservations[sid] for sid in task.reservations]
    return [one for one in made if one.status is ReservationStatus.PENDING]


def give_activity_back(turn: Turn, reservation: Reservation) -> None:
    """Where workers do one task at a time, return them to what they did before this offer.

    The offer is as it was before it ended: what is kept of it may no longer say.
    """
    if not turn.state.workspace.multi_task_enabled:
        activities.change(turn, reservation.worker_sid, reservation.previous_activity_sid)


def target_not_available(task: Task) -> str:
    """Why a task for one worker alone is canceled."""
    return f"{_TARGET_NOT_AVAILABLE}{task.routing_target}"


def is_of_the_rules(reason: str | None) -> bool:
    """Whether a task that ends for this reason was canceled by the rules, and not by a caller."""
    if reason in (FELL_OUT, TTL_EXCEEDED, ASSIGNMENT_COUNT_EXCEEDED):
        return True
    return reason is not None and reason.startswith(_TARGET_NOT_AVAILABLE)


def _rules_of(turn: Turn, task: Task) -> tuple[Rules, WorkflowSid]:
    assert task.workflow_sid is not None
    return turn.rulebook.rules(task.workflow_sid, task.workflow_version), task.workflow_sid


def _fall_out_by_time(turn: Turn, task: Task, workflow_sid: WorkflowSid) -> None:
    turn.emit(WorkflowTimeout(task.sid, workflow_sid))
    cancel(turn, task, FELL_OUT)


def _next_match(turn: Turn, task: Task, rules: Rules, after: int) -> int | None:
    """The first filter below the given one whose expression holds for the task as it is now."""
    facts = Facts(task=TaskSubject(turn.state, task, turn.now_ms), now_ms=turn.now_ms)
    return rules.filters.first_match(facts, after)


def _step_after(turn: Turn, task: Task, rules: Rules) -> tuple[int, int, int] | None:
    """The step that follows the task's: filter, target, and when the filter was entered.

    None at the end of the workflow; whether the default filter comes then depends on how the last
    step was left, which the caller knows.
    """
    if task.filter_index == DEFAULT_FILTER:
        return None
    if task.target_index + 1 < len(rules.document.filters[task.filter_index].targets):
        return task.filter_index, task.target_index + 1, task.filter_entered_ms
    index = _next_match(turn, task, rules, after=task.filter_index)
    return None if index is None else (index, 0, turn.now_ms)


def _walk(
    turn: Turn, task: Task, rules: Rules, filter_index: int, target_index: int, from_ms: int
) -> None:
    """Put a task at a step, or at the first one after it that has time left."""
    if not _place(turn, task, rules, filter_index, target_index, from_ms):
        leave_by_time(turn, task)


def _place(
    turn: Turn, task: Task, rules: Rules, filter_index: int, target_index: int, from_ms: int
) -> bool:
    """Put a task at a step of a filter that it entered at `from_ms`.

    Returns:
        Whether the step has time left. One that has none is still entered, with its priority.
    """
    target = _target(rules.document, filter_index, target_index)
    deadline_ms = _deadline(rules.document, filter_index, target_index, from_ms)
    before = task.task_queue_sid
    queue_sid = TaskQueueSid(target.queue_sid)
    if before is not None and before != queue_sid:
        turn.emit(TaskQueueMoved(task.sid, queue_sid, before))
    turn.emit(
        WorkflowTargetMatched(
            task.sid,
            filter_index,
            target_index,
            queue_sid,
            task.priority if target.priority is None else target.priority,
            from_ms,
            deadline_ms,
        )
    )
    if before != queue_sid:
        turn.emit(TaskQueueEntered(task.sid, queue_sid))
    if deadline_ms is not None and deadline_ms <= turn.now_ms:
        return False
    if target.skip_if is not None:
        turn.newly_placed[task.sid] = None
    return True


def _target(document: Document, filter_index: int, target_index: int) -> Target:
    if filter_index == DEFAULT_FILTER:
        assert document.default is not None
        return document.default
    return document.filters[filter_index].targets[target_index]


def _deadline(document: Document, filter_index: int, target_index: int, from_ms: int) -> int | None:
    """When the time of a step is over: times count from the filter's entry and add up."""
    if filter_index == DEFAULT_FILTER:
        return None
    targets = document.filters[filter_index].targets
    if targets[target_index].timeout_s is None:
        return None
    total_s = sum(target.timeout_s or 0 for target in targets[: target_index + 1])
    return from_ms + total_s * 1000
