"""What one workspace knows. `apply(event, now_ms)` is its only writer.

Applying asks no rule and no expression: everything that was decided stands in the event. Beside the
nouns the state keeps a few counts and look-ups that follow from them, so that a rule never has to
search.
"""

from collections import Counter, deque
from collections.abc import Callable
from typing import TypeVar

from .events import (
    ActivityCreated,
    ActivityDeleted,
    ActivityUpdated,
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
    TaskChannelCreated,
    TaskChannelDeleted,
    TaskChannelUpdated,
    TaskCompleted,
    TaskCreated,
    TaskDeleted,
    TaskQueueCreated,
    TaskQueueDeleted,
    TaskQueueEntered,
    TaskQueueExpressionUpdated,
    TaskQueueMoved,
    TaskQueueTimeout,
    TaskQueueUpdated,
    TasksForgotten,
    TaskSystemDeleted,
    TaskUpdated,
    TaskWrapup,
    WorkerActivityUpdated,
    WorkerAttributesUpdated,
    WorkerCapacityUpdated,
    WorkerChannelAvailabilityUpdated,
    WorkerCreated,
    WorkerDeleted,
    WorkflowCreated,
    WorkflowDeleted,
    WorkflowEntered,
    WorkflowSkipped,
    WorkflowTargetMatched,
    WorkflowTimeout,
    WorkflowUpdated,
    WorkspaceCreated,
    WorkspaceDeleted,
    WorkspaceUpdated,
)
from .ids import (
    ActivitySid,
    ReservationSid,
    TaskChannelSid,
    TaskQueueSid,
    TaskSid,
    WorkerSid,
    WorkflowSid,
)
from .model import (
    Activity,
    Reservation,
    ReservationStatus,
    Task,
    TaskChannel,
    TaskQueue,
    TaskStatus,
    Worker,
    WorkerChannel,
    Workflow,
    Workspace,
)

_PENDING = TaskStatus.PENDING
_RESERVED = TaskStatus.RESERVED
_Apply = TypeVar("_Apply", bound=Callable[..., None])


class State:
    """The nouns of one workspace by SID, each in the order of creation."""

    workspace: Workspace
    """Set by the first event of all."""

    def __init__(self) -> None:
        self.created = False
        self.deleted = False
        self.activities: dict[ActivitySid, Activity] = {}
        self.task_channels: dict[TaskChannelSid, TaskChannel] = {}
        self.task_queues: dict[TaskQueueSid, TaskQueue] = {}
        self.workflows: dict[WorkflowSid, Workflow] = {}
        self.workers: dict[WorkerSid, Worker] = {}
        self.tasks: dict[TaskSid, Task] = {}
        self.reservations: dict[ReservationSid, Reservation] = {}
        self.workers_made = 0
        self.tasks_made = 0
        self.reservations_made = 0
        # What follows from the above.
        self.worker_by_name: dict[str, WorkerSid] = {}
        self.finished: deque[tuple[int, TaskSid]] = deque()
        self.unfinished_in_queue: Counter[TaskQueueSid] = Counter()
        self.unfinished_in_channel: Counter[TaskChannelSid] = Counter()
        self.routed_by: dict[tuple[WorkflowSid, int], int] = {}
        """How many pending and reserved tasks follow these rules; version 0 before they enter."""
        self.online_workers = 0

    def task_channel_named(self, sid_or_unique_name: str) -> TaskChannel | None:
        """The task channel of this SID or unique name."""
        found = self.task_channels.get(TaskChannelSid(sid_or_unique_name))
        if found is None:
            for channel in self.task_channels.values():
                if channel.unique_name == sid_or_unique_name:
                    return channel
        return found

    def worker_named(self, friendly_name: str) -> Worker | None:
        """The worker of this name, in whatever case it is written."""
        sid = self.worker_by_name.get(friendly_name.casefold())
        return None if sid is None else self.workers[sid]

    def apply(self, event: Event, now_ms: int) -> None:
        """Let what happened at this instant be part of the state."""
        _APPLY[type(event)](self, event, now_ms)

    # --- counts that follow a task ---

    def _follow(self, task: Task, workflow_sid: WorkflowSid, version: int) -> None:
        """Count the task as one that this version of the rules routes."""
        self._unfollow(task)
        task.workflow_sid, task.workflow_version = workflow_sid, version
        rules = workflow_sid, version
        self.routed_by[rules] = self.routed_by.get(rules, 0) + 1

    def _unfollow(self, task: Task) -> None:
        """Let go of the rules that route the task; old ones that route no other are forgotten."""
        if task.workflow_sid is None:
            return
        rules = task.workflow_sid, task.workflow_version
        left = self.routed_by[rules] - 1
        self.routed_by[rules] = left
        if left == 0 and task.workflow_version:
            workflow = self.workflows[task.workflow_sid]
            if workflow.configuration_version != task.workflow_version:
                del workflow.configurations[task.workflow_version]
                del self.routed_by[rules]

    def _put_in_queue(self, task: Task, task_queue_sid: TaskQueueSid) -> None:
        before = task.task_queue_sid
        if before != task_queue_sid:
            if before is not None:
                self.unfinished_in_queue[before] -= 1
            self.unfinished_in_queue[task_queue_sid] += 1
            task.task_queue_sid = task_queue_sid

    def _finish(self, task: Task, now_ms: int) -> None:
        """Count the task, already in its final status, as finished; it is kept a little longer."""
        self._uncount(task)
        task.ended_ms = now_ms
        self.finished.append((now_ms, task.sid))

    def _uncount(self, task: Task) -> None:
        if task.task_queue_sid is not None:
            self.unfinished_in_queue[task.task_queue_sid] -= 1
        self.unfinished_in_channel[task.task_channel_sid] -= 1

    def _remove(self, task: Task) -> None:
        if not task.ended:
            self._uncount(task)
            if task.status is _PENDING or task.status is _RESERVED:
                self._unfollow(task)
        for sid in task.reservations:
            del self.reservations[sid]
        del self.tasks[task.sid]


_APPLY: dict[type[Event], Callable[[State, Event, int], None]] = {}


def _applies(kind: type[Event]) -> Callable[[_Apply], _Apply]:
    """Name the function that applies one kind of event."""

    def register(apply: _Apply) -> _Apply:
        _APPLY[kind] = apply
        return apply

    return register


# --- the workspace and its furniture ---


@_applies(WorkspaceCreated)
def _(state: State, e: WorkspaceCreated, now_ms: int) -> None:
    state.created = True
    state.workspace = Workspace(
        sid=e.workspace_sid,
        account_sid=e.account_sid,
        friendly_name=e.friendly_name,
        event_callback_url=e.event_callback_url,
        events_filter=e.events_filter,
        multi_task_enabled=e.multi_task_enabled,
        prioritize_queue_order=e.prioritize_queue_order,
        default_activity_sid=e.default_activity_sid,
        timeout_activity_sid=e.timeout_activity_sid,
        created_ms=now_ms,
        updated_ms=now_ms,
    )


@_applies(WorkspaceUpdated)
def _(state: State, e: WorkspaceUpdated, now_ms: int) -> None:
    workspace = state.workspace
    workspace.friendly_name = e.friendly_name
    workspace.event_callback_url = e.event_callback_url
    workspace.events_filter = e.events_filter
    workspace.multi_task_enabled = e.multi_task_enabled
    workspace.prioritize_queue_order = e.prioritize_queue_order
    workspace.default_activity_sid = e.default_activity_sid
    workspace.timeout_activity_sid = e.timeout_activity_sid
    workspace.updated_ms = now_ms


@_applies(WorkspaceDeleted)
def _(state: State, e: WorkspaceDeleted, now_ms: int) -> None:
    state.deleted = True


@_applies(ActivityCreated)
def _(state: State, e: ActivityCreated, now_ms: int) -> None:
    state.activities[e.activity_sid] = Activity(
        sid=e.activity_sid,
        friendly_name=e.friendly_name,
        available=e.available,
        created_ms=now_ms,
        updated_ms=now_ms,
    )


@_applies(ActivityUpdated)
def _(state: State, e: ActivityUpdated, now_ms: int) -> None:
    activity = state.activities[e.activity_sid]
    activity.friendly_name = e.friendly_name
    activity.updated_ms = now_ms


@_applies(ActivityDeleted)
def _(state: State, e: ActivityDeleted, now_ms: int) -> None:
    del state.activities[e.activity_sid]


@_applies(TaskChannelCreated)
def _(state: State, e: TaskChannelCreated, now_ms: int) -> None:
    state.task_channels[e.task_channel_sid] = TaskChannel(
        sid=e.task_channel_sid,
        unique_name=e.unique_name,
        friendly_name=e.friendly_name,
        channel_optimized_routing=e.channel_optimized_routing,
        created_ms=now_ms,
        updated_ms=now_ms,
    )
    for worker in state.workers.values():
        worker.channels[e.task_channel_sid] = WorkerChannel(created_ms=now_ms, updated_ms=now_ms)


@_applies(TaskChannelUpdated)
def _(state: State, e: TaskChannelUpdated, now_ms: int) -> None:
    channel = state.task_channels[e.task_channel_sid]
    channel.friendly_name = e.friendly_name
    channel.channel_optimized_routing = e.channel_optimized_routing
    channel.updated_ms = now_ms


@_applies(TaskChannelDeleted)
def _(state: State, e: TaskChannelDeleted, now_ms: int) -> None:
    del state.task_channels[e.task_channel_sid]
    for worker in state.workers.values():
        del worker.channels[e.task_channel_sid]


@_applies(TaskQueueCreated)
def _(state: State, e: TaskQueueCreated, now_ms: int) -> None:
    state.task_queues[e.task_queue_sid] = TaskQueue(
        sid=e.task_queue_sid,
        friendly_name=e.friendly_name,
        target_workers=e.target_workers,
        max_reserved_workers=e.max_reserved_workers,
        task_order=e.task_order,
        reservation_activity_sid=e.reservation_activity_sid,
        assignment_activity_sid=e.assignment_activity_sid,
        created_ms=now_ms,
        updated_ms=now_ms,
    )


@_applies(TaskQueueUpdated)
def _(state: State, e: TaskQueueUpdated, now_ms: int) -> None:
    queue = state.task_queues[e.task_queue_sid]
    queue.friendly_name = e.friendly_name
    queue.max_reserved_workers = e.max_reserved_workers
    queue.task_order = e.task_order
    queue.reservation_activity_sid = e.reservation_activity_sid
    queue.assignment_activity_sid = e.assignment_activity_sid
    queue.updated_ms = now_ms
    queue.version += 1


@_applies(TaskQueueExpressionUpdated)
def _(state: State, e: TaskQueueExpressionUpdated, now_ms: int) -> None:
    state.task_queues[e.task_queue_sid].target_workers = e.target_workers


@_applies(TaskQueueDeleted)
def _(state: State, e: TaskQueueDeleted, now_ms: int) -> None:
    del state.task_queues[e.task_queue_sid]


@_applies(WorkflowCreated)
def _(state: State, e: WorkflowCreated, now_ms: int) -> None:
    state.workflows[e.workflow_sid] = Workflow(
        sid=e.workflow_sid,
        friendly_name=e.friendly_name,
        configurations={1: e.configuration},
        configuration_version=1,
        re_evaluated_version=1,
        assignment_callback_url=e.assignment_callback_url,
        fallback_assignment_callback_url=e.fallback_assignment_callback_url,
        task_reservation_timeout_s=e.task_reservation_timeout_s,
        created_ms=now_ms,
        updated_ms=now_ms,
    )


@_applies(WorkflowUpdated)
def _(state: State, e: WorkflowUpdated, now_ms: int) -> None:
    workflow = state.workflows[e.workflow_sid]
    workflow.friendly_name = e.friendly_name
    workflow.assignment_callback_url = e.assignment_callback_url
    workflow.fallback_assignment_callback_url = e.fallback_assignment_callback_url
    workflow.task_reservation_timeout_s = e.task_reservation_timeout_s
    if e.configuration is not None or e.re_evaluate_tasks:
        before = workflow.configuration_version
        workflow.configuration_version += 1
        workflow.configurations[before + 1] = (
            workflow.configurations[before] if e.configuration is None else e.configuration
        )
        if not state.routed_by.get((e.workflow_sid, before)):
            del workflow.configurations[before]
            state.routed_by.pop((e.workflow_sid, before), None)
    if e.re_evaluate_tasks:
        workflow.re_evaluated_version = workflow.configuration_version
    workflow.updated_ms = now_ms
    workflow.version += 1


@_applies(WorkflowDeleted)
def _(state: State, e: WorkflowDeleted, now_ms: int) -> None:
    workflow = state.workflows.pop(e.workflow_sid)
    for version in (0, *workflow.configurations):
        state.routed_by.pop((e.workflow_sid, version), None)


# --- workers ---


@_applies(WorkerCreated)
def _(state: State, e: WorkerCreated, now_ms: int) -> None:
    state.workers_made += 1
    state.workers[e.worker_sid] = Worker(
        sid=e.worker_sid,
        number=state.workers_made,
        friendly_name=e.friendly_name,
        activity_sid=e.activity_sid,
        attributes=e.attributes,
        channels={
            sid: WorkerChannel(created_ms=now_ms, updated_ms=now_ms) for sid in state.task_channels
        },
        reservations={},
        created_ms=now_ms,
        updated_ms=now_ms,
        status_changed_ms=now_ms,
    )
    state.worker_by_name[e.friendly_name.casefold()] = e.worker_sid
    state.online_workers += state.activities[e.activity_sid].available


@_applies(WorkerActivityUpdated)
def _(state: State, e: WorkerActivityUpdated, now_ms: int) -> None:
    worker = state.workers[e.worker_sid]
    state.online_workers -= state.activities[worker.activity_sid].available
    state.online_workers += state.activities[e.activity_sid].available
    worker.activity_sid = e.activity_sid
    worker.status_changed_ms = worker.updated_ms = now_ms
    worker.version += 1


@_applies(WorkerAttributesUpdated)
def _(state: State, e: WorkerAttributesUpdated, now_ms: int) -> None:
    worker = state.workers[e.worker_sid]
    if worker.friendly_name != e.friendly_name:
        del state.worker_by_name[worker.friendly_name.casefold()]
        state.worker_by_name[e.friendly_name.casefold()] = e.worker_sid
        worker.friendly_name = e.friendly_name
    worker.attributes = e.attributes
    worker.updated_ms = now_ms
    worker.version += 1


@_applies(WorkerCapacityUpdated)
def _(state: State, e: WorkerCapacityUpdated, now_ms: int) -> None:
    worker = state.workers[e.worker_sid]
    channel = worker.channels[e.task_channel_sid]
    channel.capacity = e.capacity
    channel.updated_ms = now_ms
    worker.version += 1


@_applies(WorkerChannelAvailabilityUpdated)
def _(state: State, e: WorkerChannelAvailabilityUpdated, now_ms: int) -> None:
    worker = state.workers[e.worker_sid]
    channel = worker.channels[e.task_channel_sid]
    channel.available = e.available
    channel.updated_ms = now_ms
    worker.version += 1


@_applies(WorkerDeleted)
def _(state: State, e: WorkerDeleted, now_ms: int) -> None:
    worker = state.workers.pop(e.worker_sid)
    del state.worker_by_name[worker.friendly_name.casefold()]
    state.online_workers -= state.activities[worker.activity_sid].available


# --- tasks ---


@_applies(TaskCreated)
def _(state: State, e: TaskCreated, now_ms: int) -> None:
    state.tasks_made += 1
    state.tasks[e.task_sid] = Task(
        sid=e.task_sid,
        number=state.tasks_made,
        attributes=e.attributes,
        status=_PENDING,
        priority=e.priority,
        timeout_s=e.timeout_s,
        task_channel_sid=e.task_channel_sid,
        workflow_sid=e.workflow_sid,
        task_queue_sid=e.task_queue_sid,
        routing_target=e.routing_target,
        ignore_capacity=e.ignore_capacity,
        virtual_start_ms=e.virtual_start_ms,
        created_ms=now_ms,
        updated_ms=now_ms,
    )
    if e.workflow_sid is not None:
        rules = e.workflow_sid, 0
        state.routed_by[rules] = state.routed_by.get(rules, 0) + 1
    state.unfinished_in_channel[e.task_channel_sid] += 1
    if e.task_queue_sid is not None:
        state.unfinished_in_queue[e.task_queue_sid] += 1


@_applies(TaskUpdated)
def _(state: State, e: TaskUpdated, now_ms: int) -> None:
    task = state.tasks[e.task_sid]
    if e.attributes is not None:
        task.attributes = e.attributes
    task.priority = e.priority
    if task.task_channel_sid != e.task_channel_sid:
        state.unfinished_in_channel[task.task_channel_sid] -= 1
        state.unfinished_in_channel[e.task_channel_sid] += 1
        task.task_channel_sid = e.task_channel_sid
    task.virtual_start_ms = e.virtual_start_ms
    _changed(task, now_ms)


@_applies(TaskCanceled)
def _(state: State, e: TaskCanceled, now_ms: int) -> None:
    task = state.tasks[e.task_sid]
    state._unfollow(task)
    task.status = TaskStatus.CANCELED
    if e.reason is not None:
        task.reason = e.reason
    _changed(task, now_ms)
    state._finish(task, now_ms)


@_applies(TaskWrapup)
def _(state: State, e: TaskWrapup, now_ms: int) -> None:
    task = state.tasks[e.task_sid]
    task.status = TaskStatus.WRAPPING
    if e.reason is not None:
        task.reason = e.reason
    _changed(task, now_ms)


@_applies(TaskCompleted)
def _(state: State, e: TaskCompleted, now_ms: int) -> None:
    task = state.tasks[e.task_sid]
    task.status = TaskStatus.COMPLETED
    if e.reason is not None:
        task.reason = e.reason
    _changed(task, now_ms)
    state._finish(task, now_ms)


@_applies(TaskDeleted)
@_applies(TaskSystemDeleted)
def _(state: State, e: TaskDeleted | TaskSystemDeleted, now_ms: int) -> None:
    state._remove(state.tasks[e.task_sid])


@_applies(TasksForgotten)
def _(state: State, e: TasksForgotten, now_ms: int) -> None:
    finished = state.finished
    while finished and finished[0][0] <= e.up_to_ms:
        task = state.tasks.get(finished.popleft()[1])
        if task is not None:  # a caller may have deleted it before
            state._remove(task)


# --- the way of a task through its workflow ---


@_applies(WorkflowEntered)
def _(state: State, e: WorkflowEntered, now_ms: int) -> None:
    task = state.tasks[e.task_sid]
    state._follow(task, e.workflow_sid, e.workflow_version)
    if e.re_evaluated:
        _changed(task, now_ms)


@_applies(WorkflowTargetMatched)
def _(state: State, e: WorkflowTargetMatched, now_ms: int) -> None:
    task = state.tasks[e.task_sid]
    task.filter_index = e.filter_index
    task.target_index = e.target_index
    task.priority = e.priority
    task.filter_entered_ms = e.filter_entered_ms
    task.step_deadline_ms = e.step_deadline_ms
    state._put_in_queue(task, e.task_queue_sid)


@_applies(TaskQueueEntered)
def _(state: State, e: TaskQueueEntered, now_ms: int) -> None:
    task = state.tasks[e.task_sid]
    state._put_in_queue(task, e.task_queue_sid)
    task.task_queue_entered_ms = now_ms


@_applies(TaskQueueTimeout)
def _(state: State, e: TaskQueueTimeout, now_ms: int) -> None:
    _changed(state.tasks[e.task_sid], now_ms)


@_applies(TaskQueueMoved)
@_applies(WorkflowTimeout)
@_applies(WorkflowSkipped)
@_applies(ReservationFailed)
def _(
    state: State,
    e: TaskQueueMoved | WorkflowTimeout | WorkflowSkipped | ReservationFailed,
    now_ms: int,
) -> None:
    """These tell of what the event beside them changes."""


# --- reservations ---


@_applies(ReservationCreated)
def _(state: State, e: ReservationCreated, now_ms: int) -> None:
    task = state.tasks[e.task_sid]
    worker = state.workers[e.worker_sid]
    channel = worker.channels[task.task_channel_sid]
    state.reservations_made += 1
    state.reservations[e.reservation_sid] = Reservation(
        sid=e.reservation_sid,
        number=state.reservations_made,
        task_sid=e.task_sid,
        worker_sid=e.worker_sid,
        task_channel_sid=task.task_channel_sid,
        task_queue_sid=e.task_queue_sid,
        status=ReservationStatus.PENDING,
        expires_ms=e.expires_ms,
        previous_activity_sid=worker.activity_sid,
        created_ms=now_ms,
        updated_ms=now_ms,
    )
    task.reservations = (*task.reservations, e.reservation_sid)
    task.open_reservations += 1
    if task.status is _PENDING:
        task.status = _RESERVED
        task.assignment_count += 1
        _changed(task, now_ms)
    worker.reservations[e.reservation_sid] = None
    worker.version += 1
    worker.last_offer_ms = channel.last_offer_ms = now_ms
    channel.used += 1


@_applies(ReservationAccepted)
def _(state: State, e: ReservationAccepted, now_ms: int) -> None:
    reservation = state.reservations[e.reservation_sid]
    reservation.post_work_activity_sid = e.post_work_activity_sid
    _stand(reservation, ReservationStatus.ACCEPTED, now_ms)
    task = state.tasks[reservation.task_sid]
    state._unfollow(task)
    task.status = TaskStatus.ASSIGNED
    task.open_reservations -= 1
    task.live_reservations += 1
    task.assigned_ms = now_ms
    task.step_deadline_ms = None
    _changed(task, now_ms)
    state.workers[reservation.worker_sid].channels[reservation.task_channel_sid].assigned += 1


@_applies(ReservationRejected)
def _(state: State, e: ReservationRejected, now_ms: int) -> None:
    _close_unaccepted(state, e.reservation_sid, ReservationStatus.REJECTED, now_ms)


@_applies(ReservationTimeout)
def _(state: State, e: ReservationTimeout, now_ms: int) -> None:
    _close_unaccepted(state, e.reservation_sid, ReservationStatus.TIMEOUT, now_ms)


@_applies(ReservationCanceled)
def _(state: State, e: ReservationCanceled, now_ms: int) -> None:
    _close_unaccepted(state, e.reservation_sid, ReservationStatus.CANCELED, now_ms)


@_applies(ReservationRescinded)
def _(state: State, e: ReservationRescinded, now_ms: int) -> None:
    _close_unaccepted(state, e.reservation_sid, ReservationStatus.RESCINDED, now_ms)


@_applies(ReservationWrapup)
def _(state: State, e: ReservationWrapup, now_ms: int) -> None:
    reservation = state.reservations[e.reservation_sid]
    _stand(reservation, ReservationStatus.WRAPPING, now_ms)
    state.workers[reservation.worker_sid].channels[reservation.task_channel_sid].assigned -= 1


@_applies(ReservationCompleted)
def _(state: State, e: ReservationCompleted, now_ms: int) -> None:
    reservation = state.reservations[e.reservation_sid]
    worker = state.workers[reservation.worker_sid]
    channel = worker.channels[reservation.task_channel_sid]
    if reservation.status is ReservationStatus.ACCEPTED:
        channel.assigned -= 1
    channel.used -= 1
    del worker.reservations[e.reservation_sid]
    state.tasks[reservation.task_sid].live_reservations -= 1
    _stand(reservation, ReservationStatus.COMPLETED, now_ms)


def _changed(task: Task, now_ms: int) -> None:
    task.version += 1
    task.updated_ms = now_ms


def _stand(reservation: Reservation, status: ReservationStatus, now_ms: int) -> None:
    reservation.status = status
    reservation.version += 1
    reservation.updated_ms = now_ms


def _close_unaccepted(
    state: State, sid: ReservationSid, status: ReservationStatus, now_ms: int
) -> None:
    """End a pending reservation; the task waits again when it was the last one open."""
    reservation = state.reservations[sid]
    _stand(reservation, status, now_ms)
    worker = state.workers[reservation.worker_sid]
    worker.channels[reservation.task_channel_sid].used -= 1
    del worker.reservations[sid]
    task = state.tasks[reservation.task_sid]
    task.open_reservations -= 1
    if task.status is _RESERVED and task.open_reservations == 0:
        task.status = _PENDING
        _changed(task, now_ms)
